import type { Batch, Connection, Sink, TransportCapabilities } from '@chat/core'
import type { Conversation } from './conversation.ts'

/** What each batch says: connections that share one share this. */
const spoken = new WeakMap<Batch, readonly unknown[][]>()

const framesOf = (transmission: string): unknown[][] =>
  transmission.split('\n').map((line) => JSON.parse(line) as unknown[])

/** A hub's end of a connection, overheard. */
export class WatchedConnection implements Connection {
  readonly #connection: Connection
  readonly #conversation: Conversation

  constructor(connection: Connection, conversation: Conversation) {
    this.#connection = connection
    this.#conversation = conversation
  }

  attach(sink: Sink): void {
    const conversation = this.#conversation
    this.#connection.attach({
      receive: (transmission) => {
        for (const frame of framesOf(String(transmission))) conversation.hears(frame)
        sink.receive(transmission)
      },
      drain: () => sink.drain(),
      closed: (code, reason) => {
        conversation.ended = true
        sink.closed(code, reason)
      },
    })
  }

  send(batch: Batch): boolean {
    const frames = spoken.get(batch) ?? framesOf(batch.text)
    spoken.set(batch, frames)
    for (const frame of frames) this.#conversation.says(frame)
    const room = this.#connection.send(batch)
    this.#conversation.waits(this.#connection.bufferedAmount)
    return room
  }

  close(code: number, reason: string): void {
    this.#conversation.closes(code)
    this.#connection.close(code, reason)
  }

  abort(error: Error): void {
    this.#conversation.ended = true
    this.#connection.abort(error)
  }

  pause(): void {
    this.#connection.pause()
  }

  resume(): void {
    this.#connection.resume()
  }

  get bufferedAmount(): number {
    return this.#connection.bufferedAmount
  }

  get received(): number {
    return this.#connection.received
  }

  get protocol(): string {
    return this.#connection.protocol
  }

  get capabilities(): TransportCapabilities {
    return this.#connection.capabilities
  }

  get extra(): unknown {
    return this.#connection.extra
  }
}
