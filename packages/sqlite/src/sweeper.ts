import type { Runtime, Undo } from '@chat/core'

/** Interval between two sweeps, in milliseconds. */
const interval = 30_000
/** Pause between two lots of a sweep, in milliseconds, in which the process serves its connections. */
const pause = 25

/** A part of a sweep: does a lot of its work in a transaction, and returns `true` when none is left. */
export type Sweep = () => Promise<boolean>

/** Removes what has expired, in lots with a pause after each, so that no removal stops the process for long. */
export class Sweeper {
  readonly #runtime: Runtime
  readonly #sweeps: readonly Sweep[]
  #timer: Undo | null = null
  #closed = false

  constructor(runtime: Runtime, sweeps: readonly Sweep[]) {
    this.#runtime = runtime
    this.#sweeps = sweeps
    this.#later(interval, 0)
  }

  /** Ends the sweeps. */
  close(): void {
    this.#closed = true
    this.#timer?.()
  }

  #later(delay: number, index: number): void {
    if (this.#closed) return
    this.#timer = this.#runtime.timer(delay, () => this.#sweep(index), 'upkeep')
  }

  #sweep(index: number): void {
    const sweep = this.#sweeps[index]
    if (sweep === undefined) return this.#later(interval, 0)
    sweep().then(
      (done) => this.#later(pause, done ? index + 1 : index),
      // The file cannot be written now: the rest waits for the next sweep.
      () => this.#later(interval, 0),
    )
  }
}
