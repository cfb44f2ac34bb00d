import type { Agent, IncomingMessage } from 'node:http'
import { ChatError, type ErrorCode, UsageError } from '@chat/core'
import type { Connection, Dialer, OptionNames } from '@chat/core/transport'
import { type ClientOptions, WebSocket } from 'ws'
import { closeTimeout, WsConnection } from './connection.ts'
import { requireWs } from './version.ts'

/** How {@link dial} reaches a hub. Sizes in bytes, durations in milliseconds. */
export interface NodeDialOptions {
  /** Headers of the upgrade request, such as `cookie`. Default: none. */
  readonly headers?: Readonly<Record<string, string>>
  /** The `Origin` header. Default: none, as for everything that is no browser. */
  readonly origin?: string
  /** How long the upgrade may take. Default: 10 000. */
  readonly handshakeTimeout?: number
  /** The largest transmission to take. Default: 512 KiB, twice what a hub writes. */
  readonly maxPayload?: number
  /** Makes the sockets: for proxies, and for TLS with certificates of your own (`new https.Agent({ ca })`). Default: Node's. */
  readonly agent?: Agent
}

export const nodeDialOptionNames: OptionNames<NodeDialOptions> = {
  headers: true,
  origin: true,
  handshakeTimeout: true,
  maxPayload: true,
  agent: true,
}

const defaultHandshakeTimeout = 10_000
const defaultMaxPayload = 512 * 1024
/** More than a hub's limit: a hub's messages are large, and proxies may cut them. */
const maxFragments = 1_024

/**
 * Reaches a hub from Node, over `ws`. The dialer rejects with a `ChatError` when there is no connection: `unavailable`, or what the
 * server's status says: `unauthorized` (401), `forbidden` (403), `not_found` (404); `Retry-After` becomes `retryAfter`.
 *
 * ```ts
 * const dialer = dial('ws://127.0.0.1:3000/chat', { headers: { cookie } })
 * ```
 *
 * @throws UsageError when the URL is none of `ws:`, `wss:`, `http:` or `https:`, or `ws` is older than 8.23.0.
 */
export function dial(url: string | URL, options: NodeDialOptions = {}): Dialer {
  requireWs()
  const target = checked(url)
  return ({ protocols, signal }) =>
    new Promise<Connection>((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const ws = new WebSocket(target, [...protocols], clientOptions(options))
      new Attempt(target, ws, signal).settle(resolve, reject)
    })
}

/** One socket until it is open, or will not be. */
class Attempt {
  readonly #target: URL
  readonly #ws: WebSocket
  readonly #signal: AbortSignal
  #meter: { readonly bytesRead: number } | null = null
  #reject: (reason: unknown) => void = () => {}

  constructor(target: URL, ws: WebSocket, signal: AbortSignal) {
    this.#target = target
    this.#ws = ws
    this.#signal = signal
    ws.on('upgrade', ({ socket }) => {
      this.#meter = socket
    })
    ws.on('unexpected-response', (_request, response) => this.#refused(response))
    // Stays after the end of the attempt: `terminate` raises one more.
    ws.on('error', (cause) => this.#fail(this.#error('unavailable', cause.message, { cause })))
  }

  settle(resolve: (connection: Connection) => void, reject: (reason: unknown) => void): void {
    const signal = this.#signal
    const giveUp = (): void => this.#fail(signal.reason)
    signal.addEventListener('abort', giveUp, { once: true })
    this.#reject = (reason) => {
      signal.removeEventListener('abort', giveUp)
      reject(reason)
    }
    this.#ws.on('open', () => {
      signal.removeEventListener('abort', giveUp)
      resolve(this.#connection())
    })
  }

  #connection(): Connection {
    return new WsConnection({ ws: this.#ws, raw: null, meter: this.#meter, extra: { socket: this.#ws } })
  }

  #fail(reason: unknown): void {
    this.#reject(reason)
    // Once it is open, the connection deals with its errors.
    if (this.#ws.readyState === WebSocket.CONNECTING) this.#ws.terminate()
  }

  /** The server answered, but not with an upgrade. The first words of its answer say why. */
  #refused(response: IncomingMessage): void {
    const { statusCode = 0, headers } = response
    const settle = (body = ''): void => {
      const reason = `the server answered ${statusCode}${body === '' ? '' : `: ${body}`}`
      const retryAfter = Number(headers['retry-after']) * 1_000
      this.#fail(
        this.#error(codes[statusCode] ?? 'unavailable', reason, retryAfter > 0 ? { retryAfter } : {}),
      )
    }
    response.once('data', (chunk: Uint8Array) => settle(firstWords(chunk)))
    response.once('close', () => settle())
    response.once('error', () => settle())
  }

  /** The query may hold secrets and is left out. */
  #error(code: ErrorCode, reason: string, options: { cause?: unknown; retryAfter?: number }): ChatError {
    const { origin, pathname } = this.#target
    return new ChatError(code, `unable to connect to ${origin}${pathname}: ${reason}`, options)
  }
}

const codes: Readonly<Record<number, ErrorCode>> = { 401: 'unauthorized', 403: 'forbidden', 404: 'not_found' }

/** What a server wrote, as harmless text. */
function firstWords(chunk: Uint8Array): string {
  const text = new TextDecoder().decode(chunk.subarray(0, 300))
  return text.replace(/[^\P{C}\n]|\n/gu, ' ').trim()
}

function clientOptions(options: NodeDialOptions): ClientOptions & { readonly closeTimeout: number } {
  const { headers, origin, agent, handshakeTimeout, maxPayload } = options
  return {
    headers: { ...headers },
    origin,
    agent,
    handshakeTimeout: handshakeTimeout ?? defaultHandshakeTimeout,
    maxPayload: maxPayload ?? defaultMaxPayload,
    maxFragments,
    closeTimeout,
    perMessageDeflate: false,
    followRedirects: false,
  }
}

/** `ws` would throw at each attempt; a wrong URL is told once, where it was written. */
function checked(url: string | URL): URL {
  const target = URL.canParse(String(url)) ? new URL(url) : null
  if (target !== null && /^(?:ws|http)s?:$/.test(target.protocol)) {
    target.hash = ''
    target.protocol = target.protocol.replace('http', 'ws')
    return target
  }
  throw new UsageError('unable to dial: the URL is not absolute, such as "wss://app.example/chat"')
}
