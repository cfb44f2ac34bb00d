import { EventParser, type ServerEvent } from './event-parser.ts'

/** The events of a response, as they come. */
export class EventStream {
  /** How many bytes have come. */
  received = 0
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #decoder = new TextDecoder()
  readonly #parser = new EventParser()

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader()
  }

  /** What the next piece brings, which may be nothing; `null` at the end. Rejects when the stream breaks off. */
  async next(): Promise<ServerEvent[] | null> {
    const { value } = await this.#reader.read()
    if (value === undefined) return null
    this.received += value.length
    return this.#parser.push(this.#decoder.decode(value, { stream: true }))
  }

  /** Nobody reads on. To abort the request is not enough: Node's `fetch` may miss it. */
  cancel(): void {
    void this.#reader.cancel().catch(() => {})
  }
}
