import type { Reader } from './reader.ts'

/** The readers of a log. Most logs are inboxes with a single reader, which is kept without a set of its own. */
export class Readers {
  #readers: Reader | Set<Reader> | null = null

  /** Number of readers. */
  get size(): number {
    if (this.#readers === null) return 0
    return this.#readers instanceof Set ? this.#readers.size : 1
  }

  /** Returns the readers, in the order in which they were added. */
  values(): Iterable<Reader> {
    if (this.#readers === null) return []
    return this.#readers instanceof Set ? this.#readers.values() : [this.#readers]
  }

  /** Adds a reader. */
  add(reader: Reader): void {
    if (this.#readers === null) this.#readers = reader
    else if (this.#readers instanceof Set) this.#readers.add(reader)
    else this.#readers = new Set([this.#readers, reader])
  }

  /** Removes a reader. */
  delete(reader: Reader): void {
    if (this.#readers instanceof Set) this.#readers.delete(reader)
    else if (this.#readers === reader) this.#readers = null
  }
}
