/**
 * A set that most often has a single value, such as the readers of an inbox. A single value is kept without a set
 * of its own, which would take 150 bytes. The values must not be sets.
 */
export class Few<T extends object> {
  #values: T | Set<T> | null = null

  /** Number of values. */
  get size(): number {
    if (this.#values === null) return 0
    return this.#values instanceof Set ? this.#values.size : 1
  }

  /** Returns the values, in the order in which they were added. */
  values(): Iterable<T> {
    if (this.#values === null) return []
    return this.#values instanceof Set ? this.#values.values() : [this.#values]
  }

  /** Adds a value. A value that is there already stays where it is. */
  add(value: T): void {
    if (this.#values === null) this.#values = value
    else if (this.#values instanceof Set) this.#values.add(value)
    else if (this.#values !== value) this.#values = new Set([this.#values, value])
  }

  /** Removes a value. */
  delete(value: T): void {
    if (this.#values instanceof Set) this.#values.delete(value)
    else if (this.#values === value) this.#values = null
  }
}
