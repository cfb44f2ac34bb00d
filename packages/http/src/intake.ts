import type { Body, BodyFailure, Waiter } from './body.ts'
import { readText } from './body.ts'

/** What becomes of a POST: taken (again), skipped, gone, or not read. */
export type Posted = 204 | 404 | 409 | BodyFailure

/** How a client's POSTs are read. */
export interface IntakeOptions {
  /** The largest body, in bytes. */
  readonly limit: number
  /** How long a body may take, in milliseconds. */
  readonly timeout: number
  /** Told of what arrives, as it comes. */
  readonly heard: (bytes: number) => void
}

/**
 * What a client posts: one transmission at a time, each once and in order (P-HT-2). An answer that is lost makes the client post the same again; what was taken has no
 * second effect, and what is still being read makes room for the newer, so that a connection holds one body at most.
 */
export class Intake {
  readonly #options: IntakeOptions
  #taken = 0
  /** The newest POST, while it is being read or waits. */
  #attempt: Waiter | null = null
  #ended = false
  #paused = false

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /** Takes a body with its number and hands it on; resolves with what to answer. */
  async take(seq: number, body: Body, receive: (text: string) => void): Promise<Posted> {
    if (this.#ended) return 404
    if (seq <= this.#taken) return 204
    if (seq > this.#taken + 1) return 409
    const attempt: Waiter = { wake() {} }
    const older = this.#attempt
    this.#attempt = attempt
    older?.wake()
    const { limit, timeout, heard } = this.#options
    const text = await readText(body, { bytes: limit, milliseconds: timeout, heard, waiter: attempt })
    if (typeof text === 'number') return this.#failed(attempt, text)
    while (this.#paused && this.#attempt === attempt)
      await new Promise<void>((resolve) => {
        attempt.wake = resolve
      })
    if (this.#attempt !== attempt) return this.#failed(attempt, 429)
    this.#attempt = null
    this.#taken = seq
    receive(text)
    return 204
  }

  /** Takes nothing for now. A POST that comes is answered when this goes on: so a client that writes too fast is held back. */
  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#attempt?.wake()
  }

  /** Nothing is taken any more. */
  end(): void {
    this.#ended = true
    const attempt = this.#attempt
    this.#attempt = null
    attempt?.wake()
  }

  #failed(attempt: Waiter, failure: BodyFailure): Posted {
    if (this.#attempt === attempt) this.#attempt = null
    return this.#ended ? 404 : failure
  }
}
