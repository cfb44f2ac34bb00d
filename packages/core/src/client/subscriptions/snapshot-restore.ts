import type { Undo } from '../../runtime/runtime.ts'
import { createAborter } from '../../runtime/signal.ts'
import { ChatError, UsageError } from '../../vocabulary/errors.ts'
import { toPosition } from '../../vocabulary/position.ts'
import { backoff } from '../connection/backoff.ts'
import type { ClientContext } from '../context.ts'
import type { Snapshot, SnapshotHook } from '../snapshot.ts'
import type { Gap } from '../types.ts'

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
  #failures = 0
  #retry: Undo | null = null
  #ended = false

  constructor(address: string, hook: SnapshotHook, context: ClientContext) {
    this.#address = address
    this.#hook = hook
    this.#context = context
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

  /** The hub cannot continue from the position of the offer: calls the hook again after a delay. */
  refused(gap: Gap): void {
    this.#offer = null
    const message = `unable to continue from the snapshot of ${this.#address}: its position is '${gap.reason}' to the hub`
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
