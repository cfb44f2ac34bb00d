import type { Runtime } from '@chat/core'

/**
 * Counts work by the turn of the event loop in which it is done. Two turns may count as one, because the
 * meter learns of the end of a turn only once it has begun to count.
 */
export class TurnMeter {
  /** Number of turns with work that are over. */
  turns = 0
  /** Maximum of the work of a turn. */
  most = 0
  readonly #runtime: Runtime
  #work = 0

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** Adds a piece of work to the turn. */
  count(): void {
    if (this.#work === 0) this.#runtime.defer(() => this.#end())
    this.#work++
    this.most = Math.max(this.most, this.#work)
  }

  #end(): void {
    this.#work = 0
    this.turns++
  }
}
