/*
 * Core is compiled without the DOM's and Node's types. What it takes from the platform is named here, and only the
 * files of this folder import it.
 */

/** The part of `AbortSignal` that core uses. */
export interface SignalMembers {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void, options?: { once: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** The part of `URL` that core uses. */
export interface ParsedUrl {
  readonly protocol: string
  readonly origin: string
  readonly host: string
  readonly hostname: string
}

interface Platform {
  setTimeout(callback: () => void, delay: number): { unref?(): void }
  clearTimeout(timer: unknown): void
  setImmediate?: (callback: () => void) => unknown
  queueMicrotask(callback: () => void): void
  performance: { now(): number }
  crypto: { getRandomValues(bytes: Uint8Array): Uint8Array }
  URL: new (url: string) => ParsedUrl
  URLSearchParams: new (query: string) => Iterable<[name: string, value: string]>
  AbortController: new () => { readonly signal: AbortSignal; abort(reason?: unknown): void }
}

/** The platform's globals, as core knows them. */
export const platform: Platform = globalThis as unknown as Platform
