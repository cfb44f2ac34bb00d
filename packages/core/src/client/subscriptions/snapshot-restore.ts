import type { Undo } from '../../runtime/runtime.ts'
import { createAborter } from '../../runtime/signal.ts'
import { ChatError, UsageError } from '../../vocabulary/errors.ts'
import { type Position, toPosition } from '../../vocabulary/position.ts'
import { backoff } from '../connection/backoff.ts'
import type { Snapshot, SnapshotHook } from '../snapshot.ts'
import type { Gap } from '../types.ts'
import type { Restore, RestoredSubscription } from './restore.ts'

/** Reasons of a gap behind a position that the log has once had. */
const knownReasons = ['trimmed', 'limit']

/** Restore from a snapshot: calls the hook until it has answered and the hub can continue from its position. */
export class SnapshotRestore implements Restore {
  readonly #hook: SnapshotHook
  readonly #subscription: RestoredSubscription
  readonly #aborter = createAborter()
  /** Gap of which the hook is told; `null` at first. */
  #gap: Gap | null
  #offer: Snapshot | null = null
  /** Position to continue from without a state. */
  readonly #next: Position
  /** End of the log before the hook was called. */
  #logEnd: Position
  /** `true` when the hook was called again, because the log did not know its position. */
  #askedAgain = false
  /** Number of positions that were offered in place of the hook's. */
  #offered = 0
  #failures = 0
  #retry: Undo | null = null
  #ended = false

  /** `end` is the end of the log, from where the address continues when there is no state. */
  constructor(
    hook: SnapshotHook,
    subscription: RestoredSubscription,
    { gap, end }: { readonly gap: Gap | null; readonly end: Position },
  ) {
    this.#hook = hook
    this.#subscription = subscription
    this.#gap = gap
    this.#next = end
    this.#logEnd = end
  }

  get position(): Position | null {
    return this.#offer?.position ?? null
  }

  start(): void {
    this.#ask()
  }

  /**
   * A position that the log does not know may be of a state that was read before the log was lost: the restore calls
   * the hook again at once. When the hook answers with such a position again, it was saved before a restart: the
   * restore offers the start of the log instead, and then its end before the call of the hook. Otherwise it calls the
   * hook again after a delay.
   */
  refused(gap: Gap): void {
    const { address } = this.#subscription
    const offer = this.#offer
    const unknown = this.#offered > 0 || !knownReasons.includes(gap.reason)
    if (offer !== null && unknown && this.#askedAgain && this.#offered < 2) {
      const position: Position = this.#offered++ === 0 ? [gap.to[0], 0, null] : this.#logEnd
      this.#offer = { state: offer.state, position }
      return this.#subscription.rejoin()
    }
    this.#offer = null
    this.#gap = gap
    this.#logEnd = gap.to
    const askAgain = unknown && !this.#askedAgain
    this.#askedAgain = askAgain
    if (askAgain) return this.#ask()
    const message = `unable to continue from the snapshot of ${address}: its position is '${gap.reason}' to the hub; read hub.to(…).position() before the state`
    this.#failed(new ChatError('conflict', message, { detail: gap }))
  }

  accepted(position: Position): void {
    const { address } = this.#subscription
    const snapshot = { address, ...(this.#offer as Snapshot) }
    this.#subscription.tell(['snapshot', snapshot], position)
  }

  end(): void {
    this.#ended = true
    this.#retry?.()
    this.#aborter.abort(new ChatError('closed', 'the snapshot is no longer needed'))
  }

  #ask(): void {
    if (this.#ended) return
    this.#callHook().then(
      (offer) => {
        this.#offer = offer
        this.#offered = 0
        if (this.#ended) return
        if (offer === null) this.#subscription.continueAfter(this.#next)
        else this.#subscription.rejoin()
      },
      (error) => this.#failed(error),
    )
  }

  /** Every mistake of the hook rejects. */
  async #callHook(): Promise<Snapshot | null> {
    const { address } = this.#subscription
    const answer = await this.#hook({ address, gap: this.#gap, signal: this.#aborter.signal })
    if (answer === null) return null
    const given: unknown = (answer as Snapshot | undefined)?.position
    const position = toPosition(given)
    if (position !== null) return { state: answer.state, position }
    throw new UsageError(
      `unable to use the snapshot of ${address}: its position is ${JSON.stringify(given)}; return { state, position } with the position of a message or of hub.to(…).position(), or null`,
    )
  }

  #failed(error: unknown): void {
    if (this.#ended) return
    const { address, context } = this.#subscription
    const delay = backoff(this.#failures++, context.runtime.random())
    this.#retry = context.runtime.timer(delay, () => this.#ask())
    // Comes last, because a listener of the error may end this restore.
    context.reportError(error, `${address} snapshot`)
  }
}
