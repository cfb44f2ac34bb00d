/** Bounds of a {@link LatestByKey}. Above either bound the oldest value is dropped. */
interface LatestBounds {
  readonly count: number
  readonly bytes: number
}

/**
 * Holds the newest value of each key until it is taken. Bounded by number and by size.
 */
export class LatestByKey<T> {
  readonly #bounds: LatestBounds
  readonly #entries = new Map<string, { readonly value: T; readonly bytes: number }>()
  #bytes = 0

  constructor(bounds: LatestBounds) {
    this.#bounds = bounds
  }

  get size(): number {
    return this.#entries.size
  }

  put(key: string, value: T, bytes: number): void {
    this.#delete(key)
    this.#entries.set(key, { value, bytes })
    this.#bytes += bytes
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#bounds.count && this.#bytes <= this.#bounds.bytes) return
      this.#delete(oldest)
    }
  }

  /** Takes the oldest value. */
  shift(): T | undefined {
    for (const [key, { value }] of this.#entries) {
      this.#delete(key)
      return value
    }
    return undefined
  }

  /** Drops every key that starts with a prefix. */
  forget(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#delete(key)
  }

  clear(): void {
    this.#entries.clear()
    this.#bytes = 0
  }

  #delete(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#bytes -= entry.bytes
  }
}
