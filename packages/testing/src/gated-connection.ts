import type { Batch, Connection, Sink, TransportCapabilities } from '@chat/core'
import type { Actor } from './actor.ts'

/** What arrives of a transmission; `null` when nothing is left of it. */
type Delivery = (transmission: string | Uint8Array) => string | Uint8Array | null

/**
 * A connection whose owner can be paused or dead: what arrives is handed over when the owner runs, or never.
 *
 * @internal
 */
export class GatedConnection implements Connection {
  readonly #connection: Connection
  readonly #owner: Actor
  readonly #delivery: Delivery

  constructor(connection: Connection, owner: Actor, delivery: Delivery = (transmission) => transmission) {
    this.#connection = connection
    this.#owner = owner
    this.#delivery = delivery
  }

  attach(sink: Sink): void {
    this.#connection.attach({
      receive: (transmission) => {
        const delivered = this.#delivery(transmission)
        if (delivered !== null) this.#owner.run(() => sink.receive(delivered))
      },
      drain: () => this.#owner.run(() => sink.drain()),
      closed: (code, reason) => this.#owner.run(() => sink.closed(code, reason)),
    })
  }

  send(batch: Batch): boolean {
    return this.#connection.send(batch)
  }

  close(code: number, reason: string): void {
    this.#connection.close(code, reason)
  }

  abort(error: Error): void {
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
