import { ChatError } from '@chat/core'

/**
 * Errors of a server that cannot do its work now: it loads its data, is a replica, has no memory or no disk,
 * runs a script, or belongs to a cluster that is not complete. Older servers name the reason inside the text.
 */
const passing =
  /(^|[\s:-])(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|OOM|NOREPLICAS|MISCONF|NOSCRIPT|MOVED|ASK|UNBLOCKED)\b/
/** Errors of the client: no connection, no answer in time, too many redirections. */
const unreachable =
  /connection is closed|isn't writeable|timed out|max retries|command aborted|redirections|isn't ready|is ended|socket|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|all sentinels/i
/** The connection may be lost, or the server behind it has changed. */
const lost = /(^|[\s:-])(READONLY|MASTERDOWN|CLUSTERDOWN|NOSCRIPT|LOADING|UNBLOCKED)\b/

/** Returns the text of an error. */
export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Tells if hints may have been lost together with the answer. */
export const isLoss = (error: unknown): boolean => lost.test(textOf(error)) || unreachable.test(textOf(error))

/** Tells if a script is not loaded. */
export const isMissingScript = (error: unknown): boolean => textOf(error).includes('NOSCRIPT')

/**
 * Returns the error of an operation: `unavailable` when the same operation may succeed later, else `internal`
 * with the server's error as its cause.
 */
export function toChatError(operation: string, cause: unknown): ChatError {
  if (cause instanceof ChatError) return cause
  const text = textOf(cause)
  const later = passing.test(text) || unreachable.test(text)
  return new ChatError(later ? 'unavailable' : 'internal', `unable to ${operation}: ${text}`, { cause })
}
