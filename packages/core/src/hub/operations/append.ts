import type { AppendKey, AppendResult, NewMessage } from '../../backplane/backplane.ts'
import { attempt } from '../../runtime/maybe-promise.ts'
import type { HubContext } from '../context.ts'

/** The answer of a log to a message that it was to store anyhow, after all others of its sender. */
export type Appended = Exclude<AppendResult, { outcome: 'early' | 'overtaken' }>

/** A message for the log. */
export interface Append {
  /** The address of the log. */
  readonly address: string
  /** The message. */
  readonly message: NewMessage
  /** The key by which the log recognises a repetition. */
  readonly key: AppendKey
  /** Called once with the answer of the log, unless the hub is closed first. */
  readonly done: (result: Appended) => void
}

const firstRetryDelay = 100
const maxRetryDelay = 5_000

/**
 * Appends a message to a log. While the outcome is unknown, the append is repeated with the same key
 * (P-PB-3). A message that an attempt of this node has stored counts as stored.
 */
export function append(context: HubContext, request: Append, delay: number = firstRetryDelay): void {
  const failed = (error: unknown): void => {
    context.reportBackplane(error, request.address)
    if (context.closed) return
    context.runtime.timer(delay, () => append(context, request, Math.min(delay * 2, maxRetryDelay)))
  }
  attempt(
    () => context.backplane.append(request.address, request.message, request.key),
    (result) => {
      if (result.outcome === 'early' || result.outcome === 'overtaken')
        failed(
          new Error(`unable to append: the log has answered ${result.outcome}, which no append asked for`),
        )
      else request.done(delay > firstRetryDelay ? ofRepetition(context, result) : result)
    },
    failed,
  )
}

/** The client may have come back at another node meanwhile, and that node may have stored the message. */
function ofRepetition(context: HubContext, result: Appended): Appended {
  const ours = result.outcome === 'duplicate' && result.by === context.id
  return ours ? { ...result, outcome: 'stored' } : result
}
