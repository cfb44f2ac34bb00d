import type { Undo } from '../../runtime/runtime.ts'
import { createAborter } from '../../runtime/signal.ts'
import { ChatError, UsageError } from '../../vocabulary/errors.ts'
import { toPosition } from '../../vocabulary/position.ts'
import { backoff } from '../connection/backoff.ts'
import type { Gap } from '../types.ts'
import type { Snapshot, SnapshotHook } from './snapshot.ts'

/** What a restoration needs of its streams. */
export interface RestorationHost {
  /** The hook has answered: there is an offer, or (`null`) nothing to restore. */
  answered(offer: Snapshot | null): void
  fault(error: unknown, subject: string): void
  /** Calls back after a while. */
  later(delay: number, callback: () => void): Undo
  random(): number
}

/**
 * A stream that has no place to go on from, while its hook is asked for one: until it answers, and the hub can go on from there. Outlives connections.
 *
 * @internal
 */
export class SnapshotRestore {
  readonly #address: string
  readonly #hook: SnapshotHook
  readonly #host: RestorationHost
  readonly #aborter = createAborter()
  #offer: Snapshot | null = null
  #failures = 0
  #retry: Undo | null = null
  #ended = false

  constructor(address: string, hook: SnapshotHook, host: RestorationHost) {
    this.#address = address
    this.#hook = hook
    this.#host = host
  }

  /** What the hook has answered and the hub has not judged yet. */
  get offer(): Snapshot | null {
    return this.#offer
  }

  /** Asks the hook. */
  ask(gap: Gap | null): void {
    if (this.#ended) return
    this.#call(gap).then(
      (offer) => {
        this.#offer = offer
        this.#host.answered(offer)
      },
      (error) => this.#failed(error, gap),
    )
  }

  /** The hub cannot go on from what was offered. */
  refused(gap: Gap): void {
    this.#offer = null
    const message = `unable to go on from the snapshot of ${this.#address}: its position is '${gap.reason}' to the hub`
    this.#failed(new ChatError('conflict', message, { detail: gap }), gap)
  }

  /** Nobody wants it any more. */
  end(): void {
    this.#ended = true
    this.#retry?.()
    this.#aborter.abort(new ChatError('closed', 'the snapshot is not wanted any more'))
  }

  /** Whatever the hook does wrong rejects. */
  async #call(gap: Gap | null): Promise<Snapshot | null> {
    const address = this.#address
    const answer = await this.#hook({ address, gap, signal: this.#aborter.signal })
    if (answer === null) return null
    const position = toPosition((answer as Snapshot | undefined)?.position)
    if (position !== null) return { state: answer.state, position }
    throw new UsageError(
      `unable to use the snapshot of ${address}: return { state, position } with a position of its stream, or null`,
    )
  }

  #failed(error: unknown, gap: Gap | null): void {
    if (this.#ended) return
    this.#retry = this.#host.later(backoff(this.#failures++, this.#host.random()), () => this.ask(gap))
    // Whoever hears of it may end it.
    this.#host.fault(error, `${this.#address} snapshot`)
  }
}
