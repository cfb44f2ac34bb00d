import { durationOf, type ErrFrame } from '../../protocol/hub-frames.ts'
import type { CloseCode } from '../../vocabulary/close-codes.ts'
import { ChatError, type ErrorCode } from '../../vocabulary/errors.ts'

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

/** Returns the error that a close means, with its reason as the text. */
export function closeError(code: number, reason: string, retryAfter: number | undefined): ChatError {
  return new ChatError(codes[code as CloseCode] ?? 'unavailable', reason, { detail: { code }, retryAfter })
}

/** Returns the error that an `err` frame carries. */
export function frameError([, , code, message, extra]: ErrFrame): ChatError {
  const { retryAfter, detail } = (extra ?? {}) as { readonly retryAfter?: unknown; readonly detail?: unknown }
  return new ChatError(code as ErrorCode, message, { detail, retryAfter: durationOf(retryAfter) })
}

/** Returns the error of all waiting operations when the application closes its client. */
export const closedError = (): ChatError =>
  new ChatError('closed', 'unable to continue: the client was closed')
