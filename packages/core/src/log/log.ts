/** An item of a log. */
export interface Placed {
  /** The offset of the item. */
  readonly at: number
}

/**
 * A run of items in the order of their offsets: pushed at the end, removed at the front, found by offset.
 * Pure. The memory backplane keeps its logs in it, and a node its recent messages.
 */
export class Log<T extends Placed> {
  /** An item at the front that is removed is `undefined`, so that it takes no memory. */
  #items: (T | undefined)[] = []
  /**
   * Number of items at the front that are removed already. They are cut off together, so that a removal stays
   * cheap.
   */
  #gone = 0

  get size(): number {
    return this.#items.length - this.#gone
  }

  get first(): T | undefined {
    return this.#items[this.#gone]
  }

  get last(): T | undefined {
    return this.size > 0 ? this.#items[this.#items.length - 1] : undefined
  }

  push(item: T): void {
    this.#items.push(item)
  }

  shift(): T | undefined {
    const item = this.#items[this.#gone]
    if (item === undefined) return undefined
    this.#items[this.#gone++] = undefined
    if (this.#gone > 64 && this.#gone * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#gone)
      this.#gone = 0
    }
    return item
  }

  pop(): T | undefined {
    return this.size > 0 ? this.#items.pop() : undefined
  }

  /** Puts an item in the place of the item at the same offset. */
  replace(item: T): void {
    const index = this.#indexAfter(item.at - 1)
    if (this.#items[index]?.at === item.at) this.#items[index] = item
  }

  clear(): void {
    this.#items = []
    this.#gone = 0
  }

  /** Returns the item at an offset. */
  at(offset: number): T | undefined {
    const item = this.#items[this.#indexAfter(offset - 1)]
    return item?.at === offset ? item : undefined
  }

  /** Returns the last item before an offset. */
  before(offset: number): T | undefined {
    const index = this.#indexAfter(offset - 1) - 1
    return index >= this.#gone ? this.#items[index] : undefined
  }

  /** Returns up to `limit` items after an offset, oldest first. */
  after(offset: number, limit: number): T[] {
    const start = this.#indexAfter(offset)
    return this.#items.slice(start, start + limit) as T[]
  }

  /** Returns the last `limit` items before an offset, oldest first. */
  upTo(offset: number, limit: number): T[] {
    const end = this.#indexAfter(offset - 1)
    return this.#items.slice(Math.max(this.#gone, end - limit), end) as T[]
  }

  /** Returns the index of the first item with a greater offset. */
  #indexAfter(offset: number): number {
    let low = this.#gone
    let high = this.#items.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#items[middle]?.at ?? 0) <= offset) low = middle + 1
      else high = middle
    }
    return low
  }
}
