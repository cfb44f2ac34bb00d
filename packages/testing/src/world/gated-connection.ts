import type { Connection, Sink } from '@chat/core/transport'
import type { Actor } from '../time/actor.ts'
import { WrappedConnection } from './wrapped-connection.ts'

/** Returns the part of a transmission that is delivered; `null` to drop it. */
type Filter = (transmission: string | Uint8Array) => string | Uint8Array | null

/**
 * A connection whose owner can be paused or dead: a transmission is delivered when the owner runs again, or
 * never.
 */
export class GatedConnection extends WrappedConnection {
  readonly #owner: Actor
  readonly #filter: Filter

  constructor(connection: Connection, owner: Actor, filter: Filter = (transmission) => transmission) {
    super(connection)
    this.#owner = owner
    this.#filter = filter
  }

  override attach(sink: Sink): void {
    super.attach({
      receive: (transmission) => {
        const delivered = this.#filter(transmission)
        if (delivered !== null) this.#owner.run(() => sink.receive(delivered))
      },
      drain: () => this.#owner.run(() => sink.drain()),
      closed: (code, reason) => this.#owner.run(() => sink.closed(code, reason)),
    })
  }
}
