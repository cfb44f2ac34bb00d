import { durationOf, type ErrFrame } from '../../protocol/hub-frames.ts'
import type { CloseCode } from '../../vocabulary/close-codes.ts'
import { ChatError, type ChatErrorOptions, type ErrorCode } from '../../vocabulary/errors.ts'
import { printable } from '../../vocabulary/text.ts'

/** Codes of errors by close code. Numbers, because a page would carry all of {@link CloseCode}. */
const codes: { readonly [Code in CloseCode]?: ErrorCode } = {
  4010: 'unauthorized',
  4013: 'rate_limited',
  4501: 'unauthorized',
  4503: 'forbidden',
  4506: 'unsupported',
  4509: 'conflict',
  4513: 'forbidden',
  4514: 'too_large',
}

/** Length of an error's code and of its message, in characters. */
const longest = { code: 64, message: 1_000 } as const

/**
 * Returns an error of the hub, as a text for a line of a log. Its words may be those of another client, and
 * applications write errors to logs.
 */
export function hubError(code: string, message: string, options?: ChatErrorOptions): ChatError {
  const [name, text] = [printable(code).slice(0, longest.code), printable(message).slice(0, longest.message)]
  return new ChatError(name as ErrorCode, text, options)
}

/** Returns the error that a close means, with its reason as the text. */
export function closeError(code: number, reason: string, retryAfter: number | undefined): ChatError {
  return hubError(codes[code as CloseCode] ?? 'unavailable', reason, { detail: { code }, retryAfter })
}

/** Returns the error that an `err` frame carries. */
export function frameError([, , code, message, extra]: ErrFrame): ChatError {
  const { retryAfter, detail } = (extra ?? {}) as { readonly retryAfter?: unknown; readonly detail?: unknown }
  return hubError(code, message, { detail, retryAfter: durationOf(retryAfter) })
}

/** Returns the error of all waiting operations when the application closes its client. */
export const closedError = (): ChatError =>
  new ChatError('closed', 'unable to continue: the client was closed')
