import type { Undo } from '../runtime/runtime.ts'

/**
 * How many connections everyone has.
 *
 * @internal
 */
export class Crowd {
  readonly #connections = new Map<string, number>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Counts one more until the returned function is called, once; `null` when there are as many as may be. */
  enter(who: string): Undo | null {
    const count = this.#connections.get(who) ?? 0
    if (count >= this.#limit) return null
    this.#connections.set(who, count + 1)
    return () => {
      const left = (this.#connections.get(who) ?? 1) - 1
      if (left > 0) this.#connections.set(who, left)
      else this.#connections.delete(who)
    }
  }
}
