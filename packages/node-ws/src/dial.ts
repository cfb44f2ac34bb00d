import type { Agent, IncomingMessage } from 'node:http'
import { UsageError } from '@chat/core'
import {
  acceptedBytes,
  answerError,
  type Connection,
  checkDuration,
  checkObject,
  checkOptionsWithHint,
  type Dialer,
  describe,
  type OptionNames,
  unreachableError,
} from '@chat/core/transport'
import { type ClientOptions, WebSocket } from 'ws'
import { closeTimeout, WsConnection } from './connection.ts'
import { requireWs } from './require-ws.ts'
import type { InboundSocket } from './stranger-guard.ts'

/** Options of {@link dial}. Sizes in bytes, durations in milliseconds. */
export interface NodeDialOptions {
  /** Headers of the upgrade request, such as `cookie`. Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The `Origin` header. Default: none, as only browsers send it. */
  readonly origin?: string | undefined
  /** Longest time that the upgrade may take. Default: 10 000. */
  readonly handshakeTimeout?: number | undefined
  /** Largest transmission to accept. Default: 512 KiB, more than a hub writes. */
  readonly maxPayload?: number | undefined
  /**
   * Makes the sockets: for proxies, and for TLS with certificates of your own (`new https.Agent({ ca })`).
   * Default: Node's.
   */
  readonly agent?: Agent | undefined
}

/** Names of the options of {@link dial}. */
export const nodeDialOptionNames: OptionNames<NodeDialOptions> = {
  headers: true,
  origin: true,
  handshakeTimeout: true,
  maxPayload: true,
  agent: true,
}

const defaultHandshakeTimeout = 10_000
/**
 * Most fragments of one message: more than a hub accepts, because a hub's messages are large and proxies may
 * cut them.
 */
const maxFragments = 1_024
/** Bytes of a server's answer that an error quotes. */
const maxQuoted = 300

/**
 * Makes a dialer that reaches a hub from Node, over `ws`. Without a connection it rejects with a `ChatError`:
 * `unavailable`, or the code that stands for the server's status: `unauthorized` (401), `forbidden` (403),
 * `not_found` (404); `Retry-After` becomes `retryAfter`.
 *
 * ```ts
 * const dialer = dial('ws://127.0.0.1:3000/chat', { headers: { cookie } })
 * ```
 *
 * @throws UsageError when the URL has another scheme than `ws:`, `wss:`, `http:` and `https:`, an option does
 * not exist, or `ws` is older than 8.23.0.
 */
export function dial(url: string | URL, options: NodeDialOptions = {}): Dialer {
  checkOptionsWithHint('dial', options, nodeDialOptionNames)
  return dialerOf(url, options)
}

/** Makes the dialer of {@link dial}, from options that may hold those of a client as well. */
export function dialerOf(url: string | URL, options: NodeDialOptions): Dialer {
  requireWs()
  checkValues(options)
  const target = webSocketUrl(url)
  return ({ protocols, signal }) =>
    new Promise<Connection>((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const ws = new WebSocket(target, [...protocols], clientOptions(options))
      new Attempt(target, ws, signal).settle(resolve, reject)
    })
}

function checkValues({ headers, origin, handshakeTimeout, maxPayload, agent }: NodeDialOptions): void {
  checkObject('dial', 'headers', headers)
  if (headers instanceof Headers || headers instanceof Map)
    refuse('headers', 'a plain object, such as Object.fromEntries(headers)', headers)
  for (const [name, value] of Object.entries(headers ?? {}))
    if (typeof value !== 'string') refuse(`headers.${name}`, 'a text', value)
  if (origin !== undefined && typeof origin !== 'string') refuse('origin', 'a text', origin)
  checkDuration('dial', 'handshakeTimeout', handshakeTimeout)
  if (maxPayload !== undefined && !(typeof maxPayload === 'number' && maxPayload > 0))
    refuse('maxPayload', 'a number of bytes above 0', maxPayload)
  checkObject('dial', 'agent', agent)
}

function refuse(name: string, wanted: string, value: unknown): never {
  throw new UsageError(`unable to dial: the option '${name}' must be ${wanted}, but is ${describe(value)}`)
}

/** One socket until it is open, or cannot open any more. */
class Attempt {
  readonly #target: URL
  readonly #ws: WebSocket
  readonly #signal: AbortSignal
  #meter: InboundSocket | null = null
  #reject: (reason: unknown) => void = () => {}

  constructor(target: URL, ws: WebSocket, signal: AbortSignal) {
    this.#target = target
    this.#ws = ws
    this.#signal = signal
    ws.on('upgrade', ({ socket }) => {
      this.#meter = socket
    })
    ws.on('unexpected-response', (_request, response) => this.#onAnswer(response))
    // The listener stays after the end of the attempt, because `terminate` emits a further error.
    ws.on('error', (cause) => this.#fail(unreachableError(this.#target, cause)))
  }

  settle(resolve: (connection: Connection) => void, reject: (reason: unknown) => void): void {
    const signal = this.#signal
    const onAbort = (): void => this.#fail(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    this.#reject = (reason) => {
      signal.removeEventListener('abort', onAbort)
      reject(reason)
    }
    this.#ws.on('open', () => {
      signal.removeEventListener('abort', onAbort)
      resolve(this.#connection())
    })
  }

  #connection(): Connection {
    return new WsConnection({ ws: this.#ws, raw: null, meter: this.#meter, extra: { socket: this.#ws } })
  }

  #fail(reason: unknown): void {
    this.#reject(reason)
    // An open socket belongs to its connection, which handles its errors.
    if (this.#ws.readyState === WebSocket.CONNECTING) this.#ws.terminate()
  }

  /** Fails with an answer of the server that is no upgrade; the beginning of its body tells the reason. */
  #onAnswer(response: IncomingMessage): void {
    const { statusCode: status = 0, headers } = response
    const fail = (text = ''): void =>
      this.#fail(
        answerError(this.#target, {
          status,
          retryAfter: headers['retry-after'],
          location: headers.location,
          text,
        }),
      )
    response.once('data', (chunk: Uint8Array) => fail(new TextDecoder().decode(chunk.subarray(0, maxQuoted))))
    response.once('close', () => fail())
    response.once('error', () => fail())
  }
}

function clientOptions(options: NodeDialOptions): ClientOptions & { readonly closeTimeout: number } {
  const { headers, origin, agent, handshakeTimeout, maxPayload } = options
  return {
    headers: { ...headers },
    origin,
    agent,
    handshakeTimeout: handshakeTimeout ?? defaultHandshakeTimeout,
    maxPayload: maxPayload ?? acceptedBytes,
    maxFragments,
    closeTimeout,
    perMessageDeflate: false,
    followRedirects: false,
  }
}

/** Checks the URL once, in the call that has it: `ws` would throw at each attempt. */
function webSocketUrl(url: string | URL): URL {
  const target = URL.canParse(String(url)) ? new URL(url) : null
  if (target !== null && /^(?:ws|http)s?:$/.test(target.protocol)) {
    target.hash = ''
    target.protocol = target.protocol.replace('http', 'ws')
    return target
  }
  throw new UsageError(
    'unable to dial: the URL is not absolute; give one such as "wss://app.example/chat", with wss:, ws:, https: or http:',
  )
}
