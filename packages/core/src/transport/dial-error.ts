import { describe } from '../vocabulary/check-options.ts'
import { ChatError, type ErrorCode } from '../vocabulary/errors.ts'
import { printable, reasonOf } from '../vocabulary/text.ts'

/** URL of a hub, of which errors name these parts: the query may hold secrets. */
export interface DialTarget {
  /** Scheme, host and port. */
  readonly origin: string
  /** Path. */
  readonly pathname: string
}

/** Answer of a server that opened no connection. */
export interface DialAnswer {
  /** HTTP status. */
  readonly status: number
  /** Header `Retry-After`; `null` or `undefined` when the answer lacks it. */
  readonly retryAfter: string | null | undefined
  /** Header `Location`, if the answer has it. */
  readonly location?: string | null | undefined
  /** Beginning of the body; may be empty. */
  readonly text: string
}

const codes: Readonly<Record<number, ErrorCode>> = { 401: 'unauthorized', 403: 'forbidden', 404: 'not_found' }

/** Makes the error of a dialer for a server that answered without opening a connection. */
export function answerError(target: DialTarget, answer: DialAnswer): ChatError {
  const retryAfter = retryAfterOf(answer.retryAfter) || undefined
  return new ChatError(
    codes[answer.status] ?? 'unavailable',
    `unable to connect to ${named(target)}: the server answered ${redirectOf(answer) ?? describeAnswer(answer)}`,
    { retryAfter },
  )
}

/** Returns a redirect as text, which a dialer does not follow; `null` for another answer. A page sees no status. */
function redirectOf({ status, location }: DialAnswer): string | null {
  if (status !== 0 && (status < 300 || status > 399)) return null
  // The query may hold secrets.
  const to = location ? ` to ${describe(location.replace(/[?#].*/, ''))}` : ''
  return `${status === 0 ? 'with' : `${status},`} a redirect${to}, which is not followed; give the final URL`
}

/** Makes the error of a dialer for a server that gave no answer. */
export function unreachableError(target: DialTarget, cause: unknown): ChatError {
  return new ChatError('unavailable', `unable to connect to ${named(target)}: ${reasonOf(cause)}`, { cause })
}

/** Returns an answer as harmless text: its status, and the beginning of its body in one line. */
export function describeAnswer({ status, text }: Pick<DialAnswer, 'status' | 'text'>): string {
  const words = printable(text).trim()
  return words === '' ? String(status) : `${status}: ${words}`
}

/**
 * Returns the time of a `Retry-After` header in milliseconds; 0 when the header is missing, or holds a date.
 */
export function retryAfterOf(header: string | null | undefined): number {
  return Math.max(0, Number(header ?? '') * 1_000 || 0)
}

const named = ({ origin, pathname }: DialTarget): string => origin + pathname
