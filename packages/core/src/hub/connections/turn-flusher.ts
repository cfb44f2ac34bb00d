import type { Runtime } from '../../runtime/runtime.ts'
import { Batch } from '../../transport/batch.ts'

/** What has something to write at the end of the turn. */
export interface Flushable {
  flush(): void
}

/**
 * Joins what one turn brings to every connection into one write each. All connections start a turn from the same empty batch, so those that get the same frames share the
 * same batch, and its bytes are made once.
 *
 * @internal
 */
export class TurnFlusher {
  /** Where the batches of this turn start. */
  readonly root: Batch = Batch.root()
  readonly #runtime: Runtime
  #waiting: Flushable[] = []
  #scheduled = false

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  add(outbox: Flushable): void {
    this.#waiting.push(outbox)
    if (this.#scheduled) return
    this.#scheduled = true
    this.#runtime.defer(() => this.flush())
  }

  flush(): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#scheduled = false
    this.root.forget()
    for (const outbox of waiting) outbox.flush()
  }
}
