import { CloseCode } from '../vocabulary/close-codes.ts'
import type { Connection, Sink } from './connection.ts'

/** Reason why a request gets no connection. */
export interface Refusal {
  /** HTTP status of the answer. */
  readonly status: 400 | 403 | 404 | 426 | 429 | 500 | 503
  /** Text for the reader of the answer; it reveals no details of the server. */
  readonly message: string
  /**
   * Time after which the client may try again, in milliseconds, for the header `Retry-After`. Default: the
   * answer names no time.
   */
  readonly retryAfter?: number | undefined
  /** Further headers of the answer. Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Value that the application's or the platform's code threw, when that is the reason. Default: none. */
  readonly error?: unknown
}

/** Returns a refusal as an HTTP response: its body, and all its headers except those of the connection. */
export function refusalAnswer({ message, headers, retryAfter }: Refusal): {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
} {
  return {
    body: `${message}\n`,
    headers: {
      'Content-Type': 'text/plain; charset=utf-8',
      'X-Content-Type-Options': 'nosniff',
      ...(retryAfter === undefined ? {} : { 'Retry-After': String(Math.ceil(retryAfter / 1000)) }),
      ...headers,
    },
  }
}

/**
 * Closes the connection of a socket that was open before its request was refused, with the code that stands
 * for the status.
 */
export function closeRefused(connection: Connection, refusal: Refusal): void {
  connection.attach(ignoreAll)
  connection.close(closeCodeOf(refusal), refusal.message)
}

const ignoreAll: Sink = { receive() {}, drain() {}, closed() {} }

function closeCodeOf({ status }: Refusal): number {
  if (status === 400) return CloseCode.protocol
  if (status === 429) return CloseCode.rateLimited
  if (status === 503) return CloseCode.goingAway
  return status === 500 ? CloseCode.internal : CloseCode.forbidden
}
