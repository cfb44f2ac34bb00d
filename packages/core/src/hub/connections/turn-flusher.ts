import type { Turns } from '../../runtime/turns.ts'
import { Batch } from '../../transport/batch.ts'

/** A queue of frames that is written at the end of the turn. */
export interface Flushable {
  /** Writes the frames that wait. */
  flush(): void
}

/**
 * Transmissions of a turn after which the frames that wait are written. Fewer shorten the wait of the slowest
 * answers, until they divide the bursts that a client writes at once into several writes for each reader.
 */
const readsBeforeFlush = 64

/**
 * Joins the frames of one turn into one write per connection; a very busy turn is written in several parts.
 * All connections start a turn from the same empty batch, so connections that get the same frames share one
 * batch, and its bytes are made once.
 */
export class TurnFlusher {
  /** The empty batch from which every connection starts a turn. */
  readonly root: Batch = Batch.root()
  readonly #turns: Turns
  #waiting: Flushable[] = []
  #scheduled = false
  /** Number of transmissions that were read since the last flush. */
  #read = 0

  constructor(turns: Turns) {
    this.#turns = turns
  }

  /** Flushes a queue at the end of this turn, with the frames of the work that still has room in it. */
  add(outbox: Flushable): void {
    this.#waiting.push(outbox)
    if (this.#scheduled) return
    this.#scheduled = true
    this.#turns.atEnd(() => {
      this.#scheduled = false
      this.flush()
    })
  }

  /**
   * Called after each transmission that was read. A turn in which many connections have sent data would hold
   * back all answers to its end, so some are written before.
   */
  transmissionRead(): void {
    if (++this.#read >= readsBeforeFlush) this.flush()
  }

  /** Flushes all queues that wait. */
  flush(): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#read = 0
    this.root.forget()
    for (const outbox of waiting) outbox.flush()
  }
}
