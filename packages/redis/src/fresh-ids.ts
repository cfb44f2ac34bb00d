import type { Runtime } from '@chat/core'

/** Number of ids of a source before it draws again: six digits of base 36, so that an id has 16 characters. */
const most = 36 ** 6

/**
 * Ids that no other node has: epochs of logs that are made, marks, incarnations. Each call of a script brings
 * one, which is used rarely, so randomness is drawn once and then counted.
 */
export class FreshIds {
  readonly #runtime: Runtime
  #drawn: string
  #count = 0

  constructor(runtime: Runtime) {
    this.#runtime = runtime
    this.#drawn = runtime.id(10)
  }

  next(): string {
    if (this.#count === most) {
      this.#drawn = this.#runtime.id(10)
      this.#count = 0
    }
    return this.#drawn + (this.#count++).toString(36)
  }
}
