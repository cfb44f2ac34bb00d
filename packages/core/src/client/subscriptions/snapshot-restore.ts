import type { Undo } from '../../runtime/runtime.ts'
import { createAborter } from '../../runtime/signal.ts'
import { ChatError, UsageError } from '../../vocabulary/errors.ts'
import { type Position, toPosition } from '../../vocabulary/position.ts'
import { backoff } from '../connection/backoff.ts'
import type { ClientContext } from '../context.ts'
import type { Snapshot, SnapshotHook } from '../snapshot.ts'
import type { Gap } from '../types.ts'

/** Reasons of a gap behind a position that the log has once had. */
const knownReasons = ['trimmed', 'limit']

/**
 * Restore of an address that has no position to continue from: calls the snapshot hook until it has answered
 * and the hub can continue from its position. Continues across connections.
 */
export class SnapshotRestore {
  readonly #address: string
  readonly #hook: SnapshotHook
  readonly #context: ClientContext
  readonly #aborter = createAborter()
  #answered: (offer: Snapshot | null) => void = () => {}
  #offer: Snapshot | null = null
  /** End of the log before the hook was called. */
  #logEnd: Position
  /** `true` when the hook was called again, because the log did not know its position. */
  #askedAgain = false
  /** Number of positions that were offered in place of the hook's. */
  #offered = 0
  #failures = 0
  #retry: Undo | null = null
  #ended = false

  constructor(
    address: string,
    hook: SnapshotHook,
    { context, end }: { readonly context: ClientContext; readonly end: Position },
  ) {
    this.#address = address
    this.#hook = hook
    this.#context = context
    this.#logEnd = end
  }

  /** Answer of the hook, until the hub has accepted or refused its position. */
  get offer(): Snapshot | null {
    return this.#offer
  }

  /**
   * Calls the hook. `answered` is called with its snapshot, or with `null` when there is no state to restore.
   */
  start(gap: Gap | null, answered: (offer: Snapshot | null) => void): void {
    this.#answered = answered
    this.#ask(gap)
  }

  /**
   * The hub cannot continue from the position of the offer. A position that the log does not know may be of a
   * state that was read before the log was lost: the restore calls the hook again at once. When the hook answers
   * with such a position again, it was saved before a restart: the restore offers the start of the log instead,
   * and then its end before the call of the hook. Otherwise it calls the hook again after a delay.
   */
  refused(gap: Gap): void {
    const offer = this.#offer
    const unknown = this.#offered > 0 || !knownReasons.includes(gap.reason)
    if (offer !== null && unknown && this.#askedAgain && this.#offered < 2) {
      const position: Position = this.#offered++ === 0 ? [gap.to[0], 0, null] : this.#logEnd
      this.#offer = { state: offer.state, position }
      return this.#answered(this.#offer)
    }
    this.#offer = null
    this.#logEnd = gap.to
    const askAgain = unknown && !this.#askedAgain
    this.#askedAgain = askAgain
    if (askAgain) return this.#ask(gap)
    const message = `unable to continue from the snapshot of ${this.#address}: its position is '${gap.reason}' to the hub; read hub.to(…).position() before the state`
    this.#failed(new ChatError('conflict', message, { detail: gap }), gap)
  }

  /** Ends the restore: the snapshot is no longer needed. */
  end(): void {
    this.#ended = true
    this.#retry?.()
    this.#aborter.abort(new ChatError('closed', 'the snapshot is no longer needed'))
  }

  #ask(gap: Gap | null): void {
    if (this.#ended) return
    this.#callHook(gap).then(
      (offer) => {
        this.#offer = offer
        this.#offered = 0
        this.#answered(offer)
      },
      (error) => this.#failed(error, gap),
    )
  }

  /** Every mistake of the hook rejects. */
  async #callHook(gap: Gap | null): Promise<Snapshot | null> {
    const address = this.#address
    const answer = await this.#hook({ address, gap, signal: this.#aborter.signal })
    if (answer === null) return null
    const position = toPosition((answer as Snapshot | undefined)?.position)
    if (position !== null) return { state: answer.state, position }
    throw new UsageError(
      `unable to use the snapshot of ${address}: return { state, position } with a position of its log, or null`,
    )
  }

  #failed(error: unknown, gap: Gap | null): void {
    if (this.#ended) return
    const { runtime } = this.#context
    const delay = backoff(this.#failures++, runtime.random())
    this.#retry = runtime.timer(delay, () => this.#ask(gap))
    // Comes last, because a listener of the error may end this restore.
    this.#context.reportError(error, `${this.#address} snapshot`)
  }
}
