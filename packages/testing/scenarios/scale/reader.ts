import { Batch, type Connection, type Dialer, Frame, type Sink } from '@chat/core/transport'

/**
 * A client that joins addresses with its `hello`, answers pings, and counts what it receives: many fit in one
 * process.
 */
export class Reader implements Sink {
  /** Connects a reader, which joins the addresses. It is welcomed later. */
  static async connect(dial: Dialer, user: string, addresses: readonly string[]): Promise<Reader> {
    const { signal } = new AbortController()
    return new Reader(await dial({ protocols: [], signal }), user, addresses)
  }

  /** `true` once the hub has welcomed the reader, which has then joined its addresses. */
  welcomed = false
  /** Number of frames of messages that were received. */
  messages = 0
  readonly #connection: Connection
  #ref = 0

  private constructor(connection: Connection, user: string, addresses: readonly string[]) {
    this.#connection = connection
    connection.attach(this)
    const streams = Object.fromEntries(addresses.map((address) => [address, null]))
    this.#write(['hello', { v: [1, 1], token: user, streams }])
  }

  /** Sends a message. */
  send(address: string, data: unknown): void {
    this.#write(['send', ++this.#ref, address, 'say', data])
  }

  /** Joins an address, or leaves it. */
  change(what: 'join' | 'leave', address: string): void {
    this.#write([what, ++this.#ref, address])
  }

  receive(transmission: string | Uint8Array): void {
    for (const frame of String(transmission).split('\n')) {
      if (frame.startsWith('["msg"')) this.messages++
      else if (frame.startsWith('["ping"')) this.#write(['pong'])
      else if (frame.startsWith('["welcome"')) this.welcomed = true
      else if (frame.startsWith('["err"')) throw new Error(`unable to go on: the hub answered ${frame}`)
    }
  }

  drain(): void {}

  closed(code: number, reason: string): void {
    if (code >= 4_000) throw new Error(`unable to go on: the hub closed with ${code} ${reason}`)
  }

  #write(frame: readonly unknown[]): void {
    this.#connection.send(Batch.root().append(new Frame(JSON.stringify(frame))))
  }
}
