import type { HubFrame } from '../../protocol/hub-frames.ts'
import { CloseCode } from '../../vocabulary/close-codes.ts'
import { ChatError, type ErrorCode } from '../../vocabulary/errors.ts'

const codes: Readonly<Record<number, ErrorCode>> = {
  [CloseCode.unauthorized]: 'unauthorized',
  [CloseCode.expired]: 'unauthorized',
  [CloseCode.forbidden]: 'forbidden',
  [CloseCode.kicked]: 'forbidden',
  [CloseCode.version]: 'unsupported',
  [CloseCode.tooLarge]: 'too_large',
  [CloseCode.rateLimited]: 'rate_limited',
  [CloseCode.replaced]: 'conflict',
}

/** End of a connection. */
interface Close {
  readonly code: number
  readonly reason: string
  /** Delay before another attempt that the hub has announced, in milliseconds. */
  readonly retryAfter?: number | undefined
}

/** Returns the error that a close means. `operation` completes the text, such as `unable to connect`. */
export function closeError(operation: string, { code, reason, retryAfter }: Close): ChatError {
  const text = reason === '' ? `code ${code}` : `${reason} (code ${code})`
  return new ChatError(codes[code] ?? 'unavailable', `${operation}: ${text}`, {
    detail: { code },
    retryAfter,
  })
}

/** Returns the error that an `err` frame carries. */
export function frameError(frame: Extract<HubFrame, { type: 'err' }>): ChatError {
  const { code, message, retryAfter, detail } = frame
  return new ChatError(
    code as ErrorCode,
    message,
    retryAfter === undefined ? { detail } : { detail, retryAfter },
  )
}

/** Returns the error of all waiting operations when the application closes its client. */
export const closedError = (): ChatError =>
  new ChatError('closed', 'unable to continue: the client was closed')
