import { type GapReason, type LogStart, type Position, samePosition } from '../../vocabulary/position.ts'
import type { LogFeed } from '../delivery/log-feed.ts'
import type { Reader } from '../delivery/reader.ts'
import type { Departure, RoomPresence } from '../presence/room-presence.ts'
import type { Session } from './session.ts'

/** A feed that can be attached, and why its reader cannot go on where it was. */
export interface Granted {
  readonly feed: LogFeed
  readonly since: Position | null
  readonly reason: GapReason | null
  /** Who is in the room, held for the session; `null` without presence. */
  readonly roster: RoomPresence | null
}

/** One address that a session receives. */
interface Membership {
  readonly feed: LogFeed
  readonly reader: Reader
  /** Who is in the room, where it has presence. */
  readonly roster: RoomPresence | null
}

/**
 * What one session reads: its readers by address.
 *
 * @internal
 */
export class Subscriptions {
  readonly #session: Session
  readonly #readers = new Map<string, Membership>()
  /** Rooms that were joined and that the application has not heard of. */
  #fresh: string[] = []
  #ended = false

  constructor(session: Session) {
    this.#session = session
  }

  get rooms(): string[] {
    return [...this.#readers.keys()].filter((address) => address.startsWith('#'))
  }

  has(address: string): boolean {
    return this.#readers.has(address)
  }

  /** Whether this would be one room too many. `*` and the own inbox do not count. */
  full(address: string): boolean {
    if (!address.startsWith('#') || this.#readers.has(address)) return false
    return this.#readers.size - 2 >= this.#session.node.limits.rooms
  }

  /**
   * Takes over a held feed and reads it from `since`, or from the top. One synchronous step (P-ST-4); {@link Subscriptions.announce} follows once the answer
   * is written.
   */
  attach({ feed, since, reason, roster }: Granted): LogStart {
    const { address } = feed
    const before = this.#readers.get(address)
    if (before !== undefined) this.#drop(address, before)
    const reader = feed.attach(this.#session.id, this.#session.outbox)
    this.#readers.set(address, { feed, reader, roster })
    // The log may have become another one since the position was examined: the reader then learns of it where it stands.
    if (since !== null && reason === null && !samePosition(since, feed.position)) reader.place(since)
    if (before === undefined && address.startsWith('#')) this.#fresh.push(address)
    return feed.describe(reader, reason)
  }

  /** The roster of a room that was joined, where it has presence. */
  roster(address: string): RoomPresence | null {
    return this.#readers.get(address)?.roster ?? null
  }

  /** Where the reader of an address stands now. */
  describe(address: string): LogStart | null {
    const member = this.#readers.get(address)
    return member === undefined ? null : member.feed.describe(member.reader, null)
  }

  /** Tells the application of the rooms that were joined. */
  announce(): void {
    const fresh = this.#fresh
    this.#fresh = []
    for (const address of fresh)
      if (this.#readers.has(address))
        this.#session.node.listeners.emit('$join', { session: this.#session, address })
  }

  detach(address: string): void {
    const member = this.#readers.get(address)
    if (member === undefined) return
    member.roster?.depart(this.#session.id, this.#session.generation, 'left')
    this.#drop(address, member)
    this.#session.outbox.forget(address)
    this.#session.node.listeners.emit('$leave', { session: this.#session, address })
  }

  /** Goes on with everything that is behind, as far as the connection takes it. */
  pump(): void {
    for (const { reader, roster } of this.#readers.values()) {
      if (!reader.live) reader.pump()
      roster?.bulletin.caughtUp(reader)
    }
  }

  /** The connection is gone. */
  end(departure: Departure): void {
    if (this.#ended) return
    this.#ended = true
    const { rooms } = this
    for (const [address, member] of this.#readers) {
      member.roster?.depart(this.#session.id, this.#session.generation, departure)
      this.#drop(address, member)
    }
    for (const address of rooms)
      if (!this.#fresh.includes(address))
        this.#session.node.listeners.emit('$leave', { session: this.#session, address })
  }

  #drop(address: string, { feed, reader, roster }: Membership): void {
    feed.detach(reader)
    roster?.bulletin.forget(reader)
    if (roster !== null) this.#session.node.presence?.release(roster)
    this.#readers.delete(address)
    this.#session.node.router.release(feed)
  }
}
