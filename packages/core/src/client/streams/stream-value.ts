import type { StreamPart } from '../../contract/stream.ts'

/** Value of a stream, as far as a client has it. The first part decides if it is a text or a list. */
export class StreamValue {
  #text = ''
  #items: unknown[] | null = null
  #begun = false
  /** Items as they were shown last; `null` after a change. */
  #shown: readonly unknown[] | null = null

  /** The whole so far; an empty text before the first part. */
  get whole(): StreamPart {
    if (this.#items === null) return this.#text
    this.#shown ??= [...this.#items]
    return this.#shown
  }

  /** Returns the characters or items after the first `taken`. */
  after(taken: number): StreamPart {
    return (this.#items ?? this.#text).slice(taken)
  }

  /** Adds a part. Returns `false` for a part of the other kind, and for a value that is neither. */
  add(part: unknown): boolean {
    if (!this.#begun && Array.isArray(part)) this.#items = []
    if (Array.isArray(part) && this.#items !== null) for (const item of part) this.#items.push(item)
    else if (typeof part === 'string' && this.#items === null) this.#text += part
    else return false
    this.#begun = true
    this.#shown = null
    return true
  }

  /** Begins again, with the same kind. */
  clear(): void {
    this.#text = ''
    this.#items?.splice(0)
    this.#shown = null
  }
}
