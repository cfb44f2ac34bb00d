/** The codes an `err` frame may carry, besides an application's own, which contain a `/`. PROTOCOL §10. */
export type ProtocolErrorCode =
  | 'internal'
  | 'unavailable'
  | 'busy'
  | 'rate_limited'
  | 'timeout'
  | 'bad_request'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'too_large'
  | 'bad_payload'
  | 'unsupported'
  | 'conflict'

/** An application's own error code, such as `shop/out_of_stock`. */
export type ApplicationErrorCode = `${string}/${string}`

/**
 * Every code a {@link ChatError} can have. The ones that never cross the wire: `uncertain` (the outcome is not
 * known), `closed` (the client or hub was closed), `full` (the client's queue holds as much as it may), `usage` (the API was called wrongly).
 */
export type ErrorCode = ProtocolErrorCode | ApplicationErrorCode | 'uncertain' | 'closed' | 'full' | 'usage'

const retryable: ReadonlySet<string> = new Set([
  'internal',
  'unavailable',
  'busy',
  'rate_limited',
  'timeout',
  'full',
])
const final: ReadonlySet<string> = new Set([
  'bad_request',
  'unauthorized',
  'forbidden',
  'not_found',
  'too_large',
  'bad_payload',
  'unsupported',
  'conflict',
])

/** What a {@link ChatError} may carry besides its code and message. */
export interface ChatErrorOptions {
  /** What led to it. Stays on this side: it never crosses the wire. */
  cause?: unknown
  /** Facts for the program that handles it, such as the path of the failing field. Crosses the wire. */
  detail?: unknown
  /** How long to wait before trying again, in milliseconds. */
  retryAfter?: number
}

/**
 * Every error the SDK raises, and what a handler throws to answer with a code of its own:
 *
 * ```ts
 * hub.handle('buy', ({ item }) => {
 *   if (!stock.has(item)) throw new ChatError('shop/out_of_stock', `${item} is sold out`)
 * })
 * ```
 *
 * Anything else that a handler throws is `internal` to the client, and whole to the hub's `$error` event.
 */
export class ChatError extends Error {
  /** What went wrong, for programs. */
  readonly code: ErrorCode
  /** Whether the same operation may succeed when it is tried again later. */
  readonly retryable: boolean
  /** Facts for programs, such as the path of the failing field; `undefined` when there are none. */
  readonly detail: unknown
  /** How long to wait before trying again, in milliseconds; `undefined` when the hub did not say. */
  readonly retryAfter: number | undefined

  constructor(code: ErrorCode, message: string, options: ChatErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = code
    this.retryable = retryable.has(code)
    this.detail = options.detail
    this.retryAfter = options.retryAfter
  }
}

/**
 * The operation may or may not have happened: the connection was lost, or the time was up, before an answer came.
 * `cause` holds the answer of a repetition, when there was one.
 */
export class UncertainError extends ChatError {
  constructor(message: string, options: ChatErrorOptions = {}) {
    super('uncertain', message, options)
  }
}

/** The API was used in a way that cannot work; the message says what to do instead. */
export class UsageError extends ChatError {
  constructor(message: string, options: ChatErrorOptions = {}) {
    super('usage', message, options)
  }
}

/**
 * Whether a code may stand in an `err` frame: one of the protocol's, or an application's own with a `/`.
 *
 * @internal
 */
export function isWireCode(code: string): code is ProtocolErrorCode | ApplicationErrorCode {
  return code.includes('/') || final.has(code) || (retryable.has(code) && code !== 'full')
}
