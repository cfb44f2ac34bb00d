import { encodeFrame, type WireError } from '../../protocol/encode.ts'
import { Frame } from '../../transport/batch.ts'
import { parentOf } from '../../vocabulary/address.ts'
import type { GapReason, LogStart, Position } from '../../vocabulary/position.ts'
import type { Outbox } from '../connections/outbox.ts'
import type { HubContext } from '../context.ts'
import type { FeedRegistry } from '../delivery/feed-registry.ts'
import type { LogFeed } from '../delivery/log-feed.ts'
import { type PayingSession, Reader } from '../delivery/reader.ts'
import type { HubSession } from '../events.ts'
import type { Departure, RoomPresence } from '../presence/room-presence.ts'

/**
 * A log that a session may receive: an open feed and, in a room with presence, the session's membership. Both
 * are held.
 */
export interface AcquiredLog {
  /** The feed of the address. */
  readonly feed: LogFeed
  /** The position to go on from; `null` for the top. */
  readonly since: Position | null
  /** The reason why the reader cannot go on from `since`; `null` when it can. */
  readonly reason: GapReason | null
  /** The presence of the room, in which the session is present; `null` without presence. */
  readonly room: RoomPresence | null
}

/** The session whose addresses are received. */
export interface SubscribedSession extends HubSession, PayingSession {
  /** The generation of the session's connection. */
  readonly generation: number
  /** The outbox of the session's connection. */
  readonly outbox: Outbox
  /** The feeds of the node. */
  readonly feeds: FeedRegistry
}

/** An address that a session receives. It is itself the reader, because a hub has very many of them. */
class Subscription extends Reader {
  readonly feed: LogFeed
  readonly room: RoomPresence | null

  constructor({ id, outbox }: SubscribedSession, { feed, room }: AcquiredLog) {
    super(feed, id, outbox)
    this.feed = feed
    this.room = room
  }
}

/** A stream that a session receives. Its end ends the membership. */
class StreamSubscription extends Subscription {
  readonly #onEnd: (left: WireError | null) => void

  constructor(session: SubscribedSession, log: AcquiredLog, onEnd: (left: WireError | null) => void) {
    super(session, log)
    this.#onEnd = onEnd
  }

  override endMembership(left: WireError | null): void {
    this.#onEnd(left)
  }
}

const none: readonly string[] = []

/** The addresses that one session receives on its connection, each with its reader. */
export class Subscriptions {
  readonly #context: HubContext
  readonly #session: SubscribedSession
  readonly #subscriptions = new Map<string, Subscription>()
  /** Joined rooms for which `$join` was not emitted yet. */
  #unannounced: readonly string[] = none
  /** Number of streams among the addresses. */
  #streams = 0
  #ended = false

  constructor(context: HubContext, session: SubscribedSession) {
    this.#context = context
    this.#session = session
  }

  /** The joined rooms. */
  get rooms(): string[] {
    return [...this.#subscriptions.keys()].filter((address) => address.startsWith('#'))
  }

  /** Tells whether the session receives an address. */
  has(address: string): boolean {
    return this.#subscriptions.has(address)
  }

  /** The joined streams. */
  get streams(): string[] {
    return this.#streams === 0 ? [] : [...this.#subscriptions.keys()].filter(isStream)
  }

  /** Returns the joined streams whose heads were sent to an address. */
  streamsOf(parent: string): string[] {
    return this.streams.filter((address) => parentOf(address) === parent)
  }

  /**
   * Tells whether an address would be a room or a stream too many. `*` and the session's inbox do not count.
   */
  isFull(address: string): boolean {
    if (this.#subscriptions.has(address)) return false
    const { limits } = this.#context
    if (isStream(address)) return this.#streams >= limits.streams
    return address.startsWith('#') && this.#subscriptions.size - this.#streams - 2 >= limits.rooms
  }

  /**
   * Takes over an acquired log, and reads it from `since`, or from the top. This is one synchronous step
   * (P-ST-4). {@link Subscriptions.announce} follows once the answer is written.
   */
  attachLog(log: AcquiredLog): LogStart {
    const { feed, since, reason } = log
    const { address } = feed
    const session = this.#session
    const before = this.#subscriptions.get(address)
    if (before !== undefined) this.#drop(address, before)
    const reader = isStream(address)
      ? new StreamSubscription(session, log, (left) => this.#endStream(reader, left))
      : new Subscription(session, log)
    feed.addReader(reader)
    this.#subscriptions.set(address, reader)
    if (isStream(address)) this.#streams++
    feed.placeReader(reader, since, reason, session)
    if (before === undefined && address.startsWith('#')) this.#unannounced = [...this.#unannounced, address]
    const start = feed.startOf(reader, reason)
    if (since !== null) this.#observeResume(address, start)
    return start
  }

  #observeResume(address: string, { position, top, mode, reason }: LogStart): void {
    const { id: session, user } = this.#session
    const missed = top - position[1]
    this.#context.observe?.({
      type: 'resume',
      session,
      user: user.id,
      address,
      mode,
      reason: reason ?? null,
      missed,
    })
  }

  /** Returns the presence of a joined room; `null` without presence. */
  roomPresence(address: string): RoomPresence | null {
    return this.#subscriptions.get(address)?.room ?? null
  }

  /**
   * Returns the present position of the reader of an address; `null` for an address that the session does not
   * receive.
   */
  startOf(address: string): LogStart | null {
    const subscription = this.#subscriptions.get(address)
    return subscription === undefined ? null : subscription.feed.startOf(subscription, null)
  }

  /** Emits `$join` for the rooms that were joined. */
  announce(): void {
    const joined = this.#unannounced
    this.#unannounced = none
    const session = this.#session
    for (const address of joined)
      if (this.#subscriptions.has(address)) this.#context.listeners.emit('$join', { session, address })
  }

  /** Stops receiving an address, and emits `$leave`. */
  detachLog(address: string): void {
    const subscription = this.#subscriptions.get(address)
    if (subscription === undefined) return
    const session = this.#session
    subscription.room?.depart(session.id, session.generation, 'left')
    this.#drop(address, subscription)
    session.outbox.dropCasts(address)
    if (!isStream(address)) this.#context.listeners.emit('$leave', { session, address })
  }

  /** Takes an address from the session, and tells its client; later frames of it would break P-ST-10. */
  takeLog(address: string, { code, message }: WireError): void {
    if (!this.#subscriptions.has(address)) return
    this.detachLog(address)
    this.#session.outbox.push(new Frame(encodeFrame('left', address, code, message)))
  }

  /** Sends the messages of all readers that are behind, as far as the connection takes them. */
  pump(): void {
    for (const reader of this.#subscriptions.values()) {
      if (!reader.live) reader.pump()
      reader.room?.updates.caughtUp(reader)
    }
  }

  /** Stops receiving all addresses, because the connection has ended. */
  end(departure: Departure): void {
    if (this.#ended) return
    this.#ended = true
    const { rooms } = this
    const session = this.#session
    for (const [address, subscription] of this.#subscriptions) {
      subscription.room?.depart(session.id, session.generation, departure)
      this.#drop(address, subscription)
    }
    for (const address of rooms)
      if (!this.#unannounced.includes(address)) this.#context.listeners.emit('$leave', { session, address })
  }

  /** The stream has ended for its reader, or is gone: then its client is told. */
  #endStream(reader: Subscription, left: WireError | null): void {
    const { address } = reader.feed
    if (this.#subscriptions.get(address) !== reader) return
    if (left === null) this.#drop(address, reader)
    else this.takeLog(address, left)
  }

  #drop(address: string, reader: Subscription): void {
    const { feed, room } = reader
    if (isStream(address)) this.#streams--
    feed.removeReader(reader)
    room?.updates.forgetReader(reader)
    room?.release()
    this.#subscriptions.delete(address)
    this.#session.feeds.releaseFeed(feed)
  }
}

const isStream = (address: string): boolean => address.startsWith('^')
