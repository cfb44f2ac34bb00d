import type { PresenceHint } from '@chat/core/backplane'
import type { Link } from '../connection/link.ts'
import type { ServerClock } from '../connection/server-clock.ts'
import { unavailable } from '../connection/unavailable.ts'
import type { Cell, Cells } from '../jetstream/cell.ts'
import { type ApiError, describeError, type JetStream } from '../jetstream/jetstream.ts'
import type { Names } from '../names.ts'
import type { Leases } from './leases.ts'
import type { RoomState, RoomStep, StoredRoom } from './room-state.ts'

interface StateAnswer {
  readonly error?: ApiError
  readonly state?: { readonly last_seq: number }
}

/** Bytes of a message that are kept free for its headers. */
const reserve = 4_096

/** The services that the rooms of a node share. */
export class PresenceContext {
  readonly clock: ServerClock
  readonly leases: Leases
  /** Maximum number of members of a room. */
  readonly largestRoom: number
  readonly #cells: Cells
  readonly #jetstream: JetStream
  readonly #link: Link
  readonly #names: Names

  constructor(services: {
    readonly clock: ServerClock
    readonly leases: Leases
    readonly cells: Cells
    readonly jetstream: JetStream
    readonly link: Link
    readonly names: Names
    readonly largestRoom: number
  }) {
    this.clock = services.clock
    this.leases = services.leases
    this.largestRoom = services.largestRoom
    this.#cells = services.cells
    this.#jetstream = services.jetstream
    this.#link = services.link
    this.#names = services.names
  }

  /** Reads a room. */
  readRoom(room: string): Promise<Cell<StoredRoom>> {
    return this.#cells.read<StoredRoom>(this.#names.room(room))
  }

  /** Stores a room if its newest message has the sequence; answers `false` when it has a newer message. */
  async writeRoom(room: string, text: string, sequence: number): Promise<boolean> {
    return (await this.#jetstream.publish(this.#names.room(room), text, sequence)) !== null
  }

  /** Resolves with the number of messages that the stream has had. */
  async sequences(): Promise<number> {
    const { state, error } = await this.#jetstream.call<StateAnswer>(
      `STREAM.INFO.${this.#names.presenceStream}`,
    )
    if (state === undefined) throw unavailable('read a room', describeError(error))
    return state.last_seq
  }

  /** Writes a room as text; `null` when the room is too large to be stored. */
  format(state: RoomState, epoch: string): string | null {
    if (state.size > this.largestRoom) return null
    const text = JSON.stringify(state.toStored(epoch))
    return Buffer.byteLength(text) > this.#link.maxPayload - reserve ? null : text
  }

  /** Tells all nodes of changes. Volatile: a node that misses them finds them when it looks. */
  tell(room: string, epoch: string, steps: readonly RoomStep[]): void {
    if (steps.length === 0) return
    const text = JSON.stringify(steps.map((step): PresenceHint => ({ epoch, ...step })))
    if (Buffer.byteLength(text) > this.#link.maxPayload - reserve) return
    try {
      this.#link.publish(this.#names.roomHints(room), text)
    } catch {
      // The connection was lost after the room was stored; `onReconnect` follows.
    }
  }
}
