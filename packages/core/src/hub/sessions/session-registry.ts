import { KeyedSets } from '../../runtime/keyed-sets.ts'
import type { FeedRegistry } from '../delivery/feed-registry.ts'
import type { Session } from './session.ts'

/** A handshake whose session is not registered yet. */
export interface PendingHandshake {
  /**
   * Called when the application has kicked an address: the handshake must not use an older answer of
   * `authenticate` for it.
   */
  kicked(address: string, reason: string): void
}

/** The sessions of this node, by id and by user. It decides nothing. */
export class SessionRegistry {
  /** The handshakes under way. */
  readonly handshakes: Set<PendingHandshake> = new Set()
  readonly #feeds: FeedRegistry
  readonly #sessions = new Map<string, Session>()
  readonly #users = new KeyedSets<Session>()

  /** @param feeds - Knows the sessions that have joined a room. */
  constructor(feeds: FeedRegistry) {
    this.#feeds = feeds
  }

  /** All sessions. Some of them may still wait for their `welcome`. */
  get sessions(): Iterable<Session> {
    return this.#sessions.values()
  }

  /** Returns a session by its id. */
  get(id: string): Session | undefined {
    return this.#sessions.get(id)
  }

  /** Adds a session. It takes the place of the same session on an older connection. */
  add(session: Session): void {
    this.#sessions.set(session.id, session)
    this.#users.add(session.userId, session)
  }

  /** Removes a session, unless a newer connection has taken its place. */
  remove(session: Session): void {
    if (this.#sessions.get(session.id) === session) this.#sessions.delete(session.id)
    this.#users.delete(session.userId, session)
  }

  /** Returns the sessions that receive an address. Some of them may still wait for their `welcome`. */
  *receivers(address: string): Generator<Session> {
    if (address.startsWith('~')) {
      const session = this.#sessions.get(address.slice(1))
      if (session !== undefined) yield session
    } else if (address.startsWith('@')) yield* this.#users.values(address.slice(1))
    else
      for (const reader of this.#feeds.readersOf(address)) {
        const session = this.#sessions.get(reader.session)
        if (session !== undefined) yield session
      }
  }
}
