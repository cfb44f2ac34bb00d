import type { Runtime } from '@chat/core'

/** Duration for which the time of a log waits for a clock that was set back, in milliseconds. */
const patience = 3_600_000

/**
 * The clock by which entries, keys and sessions age. It continues from the time at which the store was used
 * last, so no age is negative after the clock of the machine was set back. While the process runs, it follows
 * the clock that never goes back: a clock that is set forward makes nothing older.
 */
export class StoreClock {
  readonly #runtime: Runtime
  readonly #offset: number

  /** @param last - The time that the store saved last. */
  constructor(runtime: Runtime, last: number) {
    this.#runtime = runtime
    this.#offset = Math.max(runtime.wallTime(), last) - runtime.now()
  }

  /** Returns the time of the store, in milliseconds. */
  now(): number {
    return Math.floor(this.#offset + this.#runtime.now())
  }

  /**
   * Returns the time of a new message (P-MT-1): the time of day, but not before the message that precedes it,
   * unless that message is from a distant future.
   */
  timeAfter(previous: number): number {
    const time = this.#runtime.wallTime()
    return time < previous && previous - time <= patience ? previous : time
  }
}
