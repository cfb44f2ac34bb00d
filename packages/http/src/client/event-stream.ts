import { EventParser, type ServerEvent } from './event-parser.ts'

/** Reads the events of a response as they arrive. */
export class EventStream {
  /** Number of bytes that have arrived. */
  received = 0
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #decoder = new TextDecoder()
  readonly #parser = new EventParser()

  /** Stops to read when the signal aborts: aborting the request alone is not enough, Node's `fetch` may miss it. */
  constructor(body: ReadableStream<Uint8Array>, signal: AbortSignal) {
    this.#reader = body.getReader()
    signal.addEventListener('abort', () => void this.#reader.cancel().catch(() => {}))
  }

  /**
   * Resolves with the events that the next chunk completes; the list may be empty, and is `null` at the end.
   * Rejects when the stream breaks off.
   */
  async next(): Promise<ServerEvent[] | null> {
    const { value } = await this.#reader.read()
    if (value === undefined) return null
    this.received += value.length
    return this.#parser.push(this.#decoder.decode(value, { stream: true }))
  }
}
