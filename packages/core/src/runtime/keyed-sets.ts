/**
 * Sets of values by key. Most keys have one value, which is kept without a set of its own: a set takes 150 bytes.
 * The values must not be sets.
 */
export class KeyedSets<T extends object | string> {
  readonly #sets = new Map<string, T | Set<T>>()

  /** Number of keys with a value. */
  get size(): number {
    return this.#sets.size
  }

  /** The keys with a value. */
  get keys(): Iterable<string> {
    return this.#sets.keys()
  }

  has(key: string): boolean {
    return this.#sets.has(key)
  }

  /** Returns the number of values of a key. */
  count(key: string): number {
    const values = this.#sets.get(key)
    if (values === undefined) return 0
    return values instanceof Set ? values.size : 1
  }

  /** Returns the values of a key, in the order in which they were added. */
  values(key: string): Iterable<T> {
    const values = this.#sets.get(key)
    if (values === undefined) return []
    return values instanceof Set ? values : [values]
  }

  /** Adds a value to a key. A value that is there already stays where it is. */
  add(key: string, value: T): void {
    const values = this.#sets.get(key)
    if (values instanceof Set) values.add(value)
    else if (values === undefined) this.#sets.set(key, value)
    else if (values !== value) this.#sets.set(key, new Set([values, value]))
  }

  delete(key: string, value: T): void {
    const values = this.#sets.get(key)
    if (values instanceof Set) {
      values.delete(value)
      if (values.size === 0) this.#sets.delete(key)
    } else if (values === value) this.#sets.delete(key)
  }

  clear(): void {
    this.#sets.clear()
  }
}
