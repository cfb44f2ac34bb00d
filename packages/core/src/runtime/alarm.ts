import type { Runtime, Undo } from './runtime.ts'

/** Timer for one purpose, which is set again and again. A new time takes the place of the time before. */
export class Alarm {
  readonly #runtime: Pick<Runtime, 'now' | 'timer'>
  #cancel: Undo | null = null
  #at = 0

  constructor(runtime: Pick<Runtime, 'now' | 'timer'>) {
    this.#runtime = runtime
  }

  /** Milliseconds until the callback runs; `null` when no time is set. */
  get left(): number | null {
    return this.#cancel === null ? null : Math.max(0, this.#at - this.#runtime.now())
  }

  /** Runs the callback once after `delay` milliseconds. */
  set(delay: number, callback: () => void): void {
    this.clear()
    this.#at = this.#runtime.now() + delay
    this.#cancel = this.#runtime.timer(delay, () => {
      this.#cancel = null
      callback()
    })
  }

  /** Forgets the time. The callback does not run. */
  clear(): void {
    this.#cancel?.()
    this.#cancel = null
  }
}
