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
  | 'cancelled'

/** An application's own error code, such as `shop/out_of_stock`. */
export type ApplicationErrorCode = `${string}/${string}`

/**
 * Every code of a {@link ChatError}. Four of them never cross the wire: `uncertain` (the outcome is not
 * known), `closed` (the client or hub was closed), `full` (the client's queue is full), `usage` (the API was
 * called wrongly).
 */
export type ErrorCode = ProtocolErrorCode | ApplicationErrorCode | 'uncertain' | 'closed' | 'full' | 'usage'

/** The codes of an `err` frame after which the same operation may succeed at a later attempt. */
const retryable = ['internal', 'unavailable', 'busy', 'rate_limited', 'timeout'] as const

/** The other codes of an `err` frame. A page that answers no asks does not load them. */
const final: Readonly<Record<Exclude<ProtocolErrorCode, (typeof retryable)[number]>, true>> = {
  bad_request: true,
  unauthorized: true,
  forbidden: true,
  not_found: true,
  too_large: true,
  bad_payload: true,
  unsupported: true,
  conflict: true,
  cancelled: true,
}

const isRetryable = (code: string): boolean => (retryable as readonly string[]).includes(code)

/** Further properties of a {@link ChatError}, besides its code and message. */
export interface ChatErrorOptions {
  /** The error that led to this error. It never crosses the wire. */
  cause?: unknown
  /**
   * Facts for the program that handles the error, such as the path of the failing field. Crosses the wire.
   */
  detail?: unknown
  /** Delay before another attempt, in milliseconds. */
  retryAfter?: number | undefined
}

/**
 * The class of every error that the SDK raises. A handler throws it to answer with a code of its own:
 *
 * ```ts
 * hub.handle('buy', ({ item }) => {
 *   if (!stock.has(item)) throw new ChatError('shop/out_of_stock', `${item} is sold out`)
 * })
 * ```
 *
 * Of any other error that a handler throws, the client sees only the code `internal`; the hub's `$error`
 * event carries it whole.
 */
export class ChatError extends Error {
  /** The reason, for programs. */
  readonly code: ErrorCode
  /** `true` when the same operation may succeed at a later attempt. */
  readonly retryable: boolean
  /** Facts for programs, such as the path of the failing field; `undefined` without facts. */
  readonly detail: unknown
  /** Delay before another attempt, in milliseconds; `undefined` when the hub named no delay. */
  readonly retryAfter: number | undefined

  constructor(code: ErrorCode, message: string, options: ChatErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    // A text, because a bundler may shorten the name of the class.
    this.name = 'ChatError'
    this.code = code
    this.retryable = code === 'full' || isRetryable(code)
    this.detail = options.detail
    this.retryAfter = options.retryAfter
  }
}

/**
 * The outcome of an operation is not known: the connection was lost, or the time was up, before an answer
 * came. If a repetition was answered, `cause` holds that answer.
 */
export class UncertainError extends ChatError {
  constructor(message: string, options?: ChatErrorOptions) {
    super('uncertain', message, options)
    this.name = 'UncertainError'
  }
}

/** The API was used in a way that cannot work. The message names the right way. */
export class UsageError extends ChatError {
  constructor(message: string, options?: ChatErrorOptions) {
    super('usage', message, options)
    this.name = 'UsageError'
  }
}

/**
 * Lets `instanceof` accept the instances of the same class of every copy of this package. A program may hold two
 * copies, by its bundler or in a monorepo.
 */
function shareClass(type: typeof ChatError | typeof UncertainError | typeof UsageError, name: string): void {
  const brand = Symbol.for(`@chat/core:${name}`)
  const isInstance = Function.prototype[Symbol.hasInstance]
  Object.defineProperty(type.prototype, brand, { value: true })
  Object.defineProperty(type, Symbol.hasInstance, {
    value(this: unknown, value: { readonly [brand]?: true } | null | undefined): boolean {
      try {
        // A class of the application inherits this method, and has no twin.
        return isInstance.call(this as () => void, value) || (this === type && value?.[brand] === true)
      } catch {
        // An application may throw a proxy whose traps throw.
        return false
      }
    },
  })
}

shareClass(ChatError, 'ChatError')
shareClass(UncertainError, 'UncertainError')
shareClass(UsageError, 'UsageError')

/**
 * Tells if a code may stand in an `err` frame: a code of the protocol, or an application's own code, which
 * contains a `/`.
 */
export function isWireCode(code: string): code is ProtocolErrorCode | ApplicationErrorCode {
  return typeof code === 'string' && (code.includes('/') || isRetryable(code) || Object.hasOwn(final, code))
}

/**
 * Returns the parts of an error that cross the wire: `null` for an error that is `internal` to the other side, and for
 * one whose properties cannot be read.
 */
export function wireParts(
  error: unknown,
): Pick<ChatError, 'code' | 'message' | 'retryAfter' | 'detail'> | null {
  try {
    if (!(error instanceof ChatError && isWireCode(error.code))) return null
    const { code, message, retryAfter, detail } = error
    // An error of another copy of the class may have no message.
    return { code, message: String(message ?? ''), retryAfter, detail }
  } catch {
    return null
  }
}
