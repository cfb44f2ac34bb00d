import type { JsonText } from '../vocabulary/json-text.ts'
import { JoinedData } from './joined-data.ts'
import type { StreamKind } from './stream.ts'

/** A part that is not stored yet. */
export interface WaitingPart {
  /** The data. */
  readonly json: JsonText
  /** Called when the part is stored. */
  readonly resolve: () => void
  /** Called when it is not, and never will be. */
  readonly reject: (error: unknown) => void
}

/** Parts that are stored together. */
export interface PartBatch {
  readonly data: JsonText
  readonly parts: readonly WaitingPart[]
}

/** The parts of a stream that wait for the answer to the parts before them. */
export class PartQueue {
  readonly #kind: StreamKind
  #waiting: WaitingPart[] = []
  #bytes = 0

  constructor(kind: StreamKind) {
    this.#kind = kind
  }

  /** Characters of all parts that wait, as JSON. */
  get size(): number {
    return this.#bytes
  }

  /** Adds a part. */
  add(part: WaitingPart): void {
    this.#waiting.push(part)
    this.#bytes += part.json.length
  }

  /** Takes the next parts, joined, as many as have `most` bytes but at least one; `null` when no part waits. */
  take(most: number): PartBatch | null {
    if (this.#waiting.length === 0) return null
    const joined = new JoinedData(this.#kind)
    let count = 0
    for (const { json } of this.#waiting) {
      if (count > 0 && joined.bytesWith(json) > most) break
      joined.add(json)
      this.#bytes -= json.length
      count++
    }
    return { data: joined.json, parts: this.#waiting.splice(0, count) }
  }

  /** Rejects all parts that wait. */
  reject(error: unknown): void {
    for (const part of this.#waiting.splice(0)) part.reject(error)
    this.#bytes = 0
  }
}
