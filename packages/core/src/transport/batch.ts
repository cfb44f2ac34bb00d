import { utf8Length } from '../vocabulary/text.ts'

/** One encoded frame, made once and shared by everyone who gets it. */
export class Frame {
  /** The frame as text. */
  readonly text: string
  /** Its size in UTF-8. */
  readonly bytes: number

  constructor(text: string) {
    this.text = text
    this.bytes = utf8Length(text)
  }
}

/**
 * Several frames that go down in one write, immutable. Connections that got the same frames in the same tick hold
 * the *same* batch, however many they are: appending one frame to one batch always gives one and the same successor. So
 * whatever a transport prepares from it, it prepares once.
 */
export class Batch {
  /** The batch without frames: where every connection starts. */
  static root(): Batch {
    return new Batch(null, null, 0)
  }

  /** The size of the transmission in UTF-8. */
  readonly bytes: number
  readonly #before: Batch | null
  readonly #frame: Frame | null
  #next: Batch | null = null
  #text: string | null = null
  #prepared: Map<string, unknown> | null = null

  private constructor(before: Batch | null, frame: Frame | null, bytes: number) {
    this.#before = before
    this.#frame = frame
    this.bytes = bytes
  }

  /** Whether there is nothing to write. */
  get empty(): boolean {
    return this.#frame === null
  }

  /** This batch with one more frame behind it. */
  append(frame: Frame): Batch {
    const next = this.#next
    if (next !== null && next.#frame === frame) return next
    const bytes = this.#frame === null ? frame.bytes : this.bytes + 1 + frame.bytes
    this.#next = new Batch(this, frame, bytes)
    return this.#next
  }

  /** Lets go of the successors, which would otherwise live as long as this batch. */
  forget(): void {
    this.#next = null
  }

  /** The transmission: the frames, joined by a single LF (P-FR-1). */
  get text(): string {
    if (this.#text !== null) return this.#text
    const texts: string[] = []
    for (let batch: Batch | null = this; batch !== null; batch = batch.#before)
      if (batch.#frame !== null) texts.push(batch.#frame.text)
    this.#text = texts.length === 1 ? (texts[0] ?? '') : texts.reverse().join('\n')
    return this.#text
  }

  /**
   * What a kind of transport makes of this batch, such as its bytes with a header before them: made at the first
   * call, the same for every later one.
   */
  prepared<T>(kind: string, make: (text: string) => T): T {
    this.#prepared ??= new Map()
    let value = this.#prepared.get(kind) as T | undefined
    if (value === undefined) {
      value = make(this.text)
      this.#prepared.set(kind, value)
    }
    return value
  }
}
