import type { JsonText } from '../vocabulary/json-text.ts'
import { utf8Length } from '../vocabulary/text.ts'
import type { StreamKind } from './stream.ts'

/**
 * The data of several entries of a stream, joined: texts are put together, arrays are concatenated. It works on
 * JSON, so no part is parsed. A part of a text is well-formed, so that its JSON can be cut at its quotes.
 */
export class JoinedData {
  readonly #kind: StreamKind
  #inner: string[] = []
  #bytes = 2

  constructor(kind: StreamKind) {
    this.#kind = kind
  }

  /** Bytes of the joined data as JSON. */
  get bytes(): number {
    return this.#bytes
  }

  /** The joined data. */
  get json(): JsonText {
    return this.#kind === 'text' ? `"${this.#inner.join('')}"` : `[${this.#inner.join(',')}]`
  }

  /** Returns the bytes that the data would have with a further part. */
  bytesWith(part: JsonText): number {
    const inner = utf8Length(part) - 2
    const comma = this.#kind === 'list' && this.#inner.length > 0 ? 1 : 0
    return inner === 0 ? this.#bytes : this.#bytes + inner + comma
  }

  /** Adds a part. */
  add(part: JsonText): void {
    this.#bytes = this.bytesWith(part)
    if (part.length > 2) this.#inner.push(part.slice(1, -1))
  }
}
