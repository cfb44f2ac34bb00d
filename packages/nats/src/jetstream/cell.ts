import { unavailable } from '../connection/unavailable.ts'
import type { JetStream } from './jetstream.ts'

/** A value under a subject, with the sequence of its message; 0 when there is none. */
export interface Cell<T> {
  readonly value: T | null
  readonly sequence: number
  /** The time at which it was stored, in milliseconds since 1970; 0 when there is none. */
  readonly stored: number
}

/** Number of attempts to change a value while other nodes change it, too. */
const attempts = 100

/** Values as JSON in a stream that keeps one message of each subject. */
export class Cells {
  readonly #jetstream: JetStream
  readonly #stream: string

  constructor(jetstream: JetStream, stream: string) {
    this.#jetstream = jetstream
    this.#stream = stream
  }

  /** Reads the value of a subject. */
  async read<T>(subject: string): Promise<Cell<T>> {
    const found = await this.#jetstream.last(this.#stream, subject)
    if (found === null) return { value: null, sequence: 0, stored: 0 }
    return { value: JSON.parse(found.data.toString()) as T, sequence: found.sequence, stored: found.time }
  }

  /** Writes a value. With `expected`, resolves with `null` if the newest message has another sequence. */
  write(subject: string, value: unknown, expected: number | null): Promise<number | null> {
    return this.#jetstream.publish(subject, JSON.stringify(value), expected)
  }

  /**
   * Reads, decides and writes until no other node was faster. `decide` returns the answer, and the value to
   * write, if any; it may be called several times.
   */
  async change<T, Answer>(
    subject: string,
    decide: (value: T | null) => Promise<Change<T, Answer>> | Change<T, Answer>,
  ): Promise<Answer> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const { value, sequence } = await this.read<T>(subject)
      const { answer, write } = await decide(value)
      if (write === undefined || (await this.write(subject, write, sequence)) !== null) return answer
    }
    throw unavailable('change a record', 'other nodes were faster at every attempt')
  }
}

/** The answer to a change, and the value to write; absent when nothing changes. */
export interface Change<T, Answer> {
  readonly answer: Answer
  readonly write?: T
}
