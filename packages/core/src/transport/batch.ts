import { byteLength } from '../runtime/byte-length.ts'

/** An encoded frame, made once and shared by all connections that send it. */
export class Frame {
  /** Text of the frame. */
  readonly text: string
  /** Size in UTF-8, in bytes. */
  readonly bytes: number

  constructor(text: string) {
    this.text = text
    this.bytes = byteLength(text)
  }
}

/** Frames that are sent in one write: what a connection gets to send. */
export interface Transmission {
  /** Frames, joined by a single LF (P-FR-1). */
  readonly text: string
  /** Size of the text in UTF-8, in bytes. */
  readonly bytes: number
  /**
   * Returns the form of this transmission that a kind of transport sends, such as its bytes with a header.
   * `make` runs at the first call; later calls may return the same value.
   */
  prepared<T>(kind: string, make: (text: string) => T): T
}

/**
 * Frames that are sent in one write, immutable. Appending a frame to a batch always gives the same successor,
 * so all connections that got the same frames in the same turn hold the *same* batch, and a transport
 * prepares its bytes once.
 */
export class Batch implements Transmission {
  /** Makes a batch without frames, with which connections start a turn. */
  static root(): Batch {
    return new Batch(null, null, 0)
  }

  /** Size of the transmission in UTF-8, in bytes. */
  readonly bytes: number
  readonly #before: Batch | null
  readonly #frame: Frame | null
  #next: Batch | null = null
  #text: string | null = null
  /** The kind of transport that has prepared this batch first, and its form. A hub rarely has a second kind. */
  #kind = ''
  #form: unknown = null
  #otherForms: Map<string, unknown> | null = null

  private constructor(before: Batch | null, frame: Frame | null, bytes: number) {
    this.#before = before
    this.#frame = frame
    this.bytes = bytes
  }

  /** True if the batch has no frames. */
  get empty(): boolean {
    return this.#frame === null
  }

  /** Returns this batch with a further frame at its end. */
  append(frame: Frame): Batch {
    const next = this.#next
    if (next !== null && next.#frame === frame) return next
    const bytes = this.#frame === null ? frame.bytes : this.bytes + 1 + frame.bytes
    this.#next = new Batch(this, frame, bytes)
    return this.#next
  }

  /** Releases the successors, which would otherwise live as long as this batch. */
  forget(): void {
    this.#next = null
  }

  /** Text of the transmission: the frames, joined by a single LF (P-FR-1). */
  get text(): string {
    this.#text ??= this.#join()
    return this.#text
  }

  #join(): string {
    if (this.#frame !== null && this.#before?.empty === true) return this.#frame.text
    const texts: string[] = []
    for (let batch: Batch | null = this; batch !== null; batch = batch.#before)
      if (batch.#frame !== null) texts.push(batch.#frame.text)
    return texts.reverse().join('\n')
  }

  /**
   * Returns the form of this batch that a kind of transport sends, such as its bytes with a header. `make`
   * runs at the first call; later calls return the same value.
   */
  prepared<T>(kind: string, make: (text: string) => T): T {
    if (this.#kind === '') {
      this.#kind = kind
      this.#form = make(this.text)
    }
    return this.#kind === kind ? (this.#form as T) : this.#otherForm(kind, make)
  }

  #otherForm<T>(kind: string, make: (text: string) => T): T {
    this.#otherForms ??= new Map()
    const known = this.#otherForms.get(kind) as T | undefined
    const form = known ?? make(this.text)
    this.#otherForms.set(kind, form)
    return form
  }
}
