import type { HubFrame } from '../../protocol/hub-frames.ts'
import { CloseCode } from '../../vocabulary/close-codes.ts'
import { ChatError, type ErrorCode } from '../../vocabulary/errors.ts'

const kinds: Readonly<Record<number, ErrorCode>> = {
  [CloseCode.unauthorized]: 'unauthorized',
  [CloseCode.expired]: 'unauthorized',
  [CloseCode.forbidden]: 'forbidden',
  [CloseCode.kicked]: 'forbidden',
  [CloseCode.version]: 'unsupported',
  [CloseCode.tooLarge]: 'too_large',
  [CloseCode.rateLimited]: 'rate_limited',
  [CloseCode.replaced]: 'conflict',
}

/**
 * What a close code says, as an error. `aim` is what came to nothing: to connect, or to stay connected.
 *
 * @internal
 */
export function closeError(aim: string, code: number, reason: string): ChatError {
  const why = reason === '' ? `code ${code}` : `${reason} (code ${code})`
  return new ChatError(kinds[code] ?? 'unavailable', `${aim}: ${why}`, { detail: { code } })
}

/**
 * What an `err` frame says.
 *
 * @internal
 */
export function wireError(frame: Extract<HubFrame, { type: 'err' }>): ChatError {
  const { code, message, retryAfter, detail } = frame
  return new ChatError(
    code as ErrorCode,
    message,
    retryAfter === undefined ? { detail } : { detail, retryAfter },
  )
}

/**
 * What becomes of everything that waits when the application closes its client.
 *
 * @internal
 */
export const closedError = (): ChatError => new ChatError('closed', 'unable to go on: the client was closed')
