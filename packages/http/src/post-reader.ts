import type { Body, BodyFailure, Waiter } from './body.ts'
import { readText } from './body.ts'

/**
 * Status of a POST: accepted now or before (204), connection gone (404), a number left out (409), or body not
 * read.
 */
export type PostStatus = 204 | 404 | 409 | BodyFailure

/** Options of {@link PostReader}. */
export interface PostReaderOptions {
  /** Largest body, in bytes. The owner may change it between two bodies. */
  limit: number
  /** Longest time that a body may take, in milliseconds. */
  readonly timeout: number
  /** Called with the length of each chunk as it arrives. */
  readonly onChunk: (bytes: number) => void
}

/**
 * Reads the POSTs of one client: one transmission at a time, each once and in order (P-HT-2). After a lost
 * answer the client posts the same number again: a transmission that was accepted has no second effect, and a
 * POST that is still being read makes room for the newer, so that a connection holds one body at most.
 */
export class PostReader {
  readonly #options: PostReaderOptions
  #lastSeq = 0
  /** Newest POST, while it is being read or waits. */
  #attempt: Waiter | null = null
  #ended = false
  #paused = false

  constructor(options: PostReaderOptions) {
    this.#options = options
  }

  /** Reads the body of a numbered POST and passes its text on; resolves with the status to answer. */
  async readPost(seq: number, body: Body, receive: (text: string) => void): Promise<PostStatus> {
    if (this.#ended) return 404
    if (seq <= this.#lastSeq) return 204
    if (seq > this.#lastSeq + 1) return 409
    const attempt: Waiter = { wake() {} }
    const older = this.#attempt
    this.#attempt = attempt
    older?.wake()
    const { limit, timeout, onChunk } = this.#options
    const text = await readText(body, { bytes: limit, milliseconds: timeout, onChunk, waiter: attempt })
    if (typeof text === 'number') return this.#failed(attempt, text)
    while (this.#paused && this.#attempt === attempt)
      await new Promise<void>((resolve) => {
        attempt.wake = resolve
      })
    if (this.#attempt !== attempt) return this.#failed(attempt, 429)
    this.#attempt = null
    this.#lastSeq = seq
    receive(text)
    return 204
  }

  /** Holds back a client that writes too fast: its next POST is answered after {@link PostReader.resume}. */
  pause(): void {
    this.#paused = true
  }

  /** Continues after a pause. */
  resume(): void {
    this.#paused = false
    this.#attempt?.wake()
  }

  /** Accepts no further POSTs. */
  end(): void {
    this.#ended = true
    const attempt = this.#attempt
    this.#attempt = null
    attempt?.wake()
  }

  #failed(attempt: Waiter, failure: BodyFailure): PostStatus {
    if (this.#attempt === attempt) this.#attempt = null
    return this.#ended ? 404 : failure
  }
}
