/*
 * Core is compiled without the types of the DOM and of Node. This file names the globals that core takes from
 * the platform.
 */

type AbortListener = (event: { readonly target: unknown }) => void

/** The part of `AbortSignal` that core uses. */
export interface SignalMembers {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: AbortListener): void
  removeEventListener(type: 'abort', listener: AbortListener): void
}

/** The part of `URL` that core uses. */
export interface ParsedUrl {
  readonly protocol: string
  readonly origin: string
  readonly host: string
  readonly hostname: string
}

/** The part of `node:crypto` that core uses where the platform has it. */
export interface NativeCrypto {
  /** Hashes a text at once. Missing before Node 20.12. */
  hash?(algorithm: 'sha256', text: string, encoding: 'hex'): string
}

interface Platform {
  setTimeout(callback: () => void, delay: number): { unref?(): void }
  clearTimeout(timer: unknown): void
  setImmediate?: (callback: () => void) => unknown
  queueMicrotask(callback: () => void): void
  performance: { now(): number }
  /** On platforms that have Node's bytes. */
  Buffer?: { byteLength?(text: string): number }
  console?: { error(...values: unknown[]): void }
  btoa(binary: string): string
  crypto: { getRandomValues<Numbers extends Uint8Array | Uint32Array>(numbers: Numbers): Numbers }
  URL: new (url: string) => ParsedUrl
  URLSearchParams: new (query: string) => Iterable<[name: string, value: string]>
  /** Gives modules of Node, on platforms that have them. */
  process?: { getBuiltinModule?(name: 'node:crypto'): NativeCrypto | undefined }
  AbortController: new () => { readonly signal: AbortSignal; abort(reason?: unknown): void }
}

/** The platform's globals, as core knows them. */
export const platform: Platform = globalThis as unknown as Platform
