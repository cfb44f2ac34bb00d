import type { Connection, Sink } from '@chat/core/transport'
import type { Actor } from '../time/actor.ts'
import { WrappedConnection } from './wrapped-connection.ts'

/** What arrives of a transmission; `null` when nothing is left of it. */
type Delivery = (transmission: string | Uint8Array) => string | Uint8Array | null

/**
 * A connection whose owner can be paused or dead: what arrives is handed over when the owner runs, or never.
 *
 * @internal
 */
export class GatedConnection extends WrappedConnection {
  readonly #owner: Actor
  readonly #delivery: Delivery

  constructor(connection: Connection, owner: Actor, delivery: Delivery = (transmission) => transmission) {
    super(connection)
    this.#owner = owner
    this.#delivery = delivery
  }

  override attach(sink: Sink): void {
    super.attach({
      receive: (transmission) => {
        const delivered = this.#delivery(transmission)
        if (delivered !== null) this.#owner.run(() => sink.receive(delivered))
      },
      drain: () => this.#owner.run(() => sink.drain()),
      closed: (code, reason) => this.#owner.run(() => sink.closed(code, reason)),
    })
  }
}
