import { type FeedHost, LogFeed } from '../delivery/log-feed.ts'
import type { Session } from './session.ts'

/** A handshake whose session is not here yet. */
export interface Arrival {
  /** The application has ended the sessions that an address names: what it said of them before counts no more. */
  kicked(who: string, reason: string): void
}

/**
 * Who is here: the feeds by address, the sessions by id and by user. A pure registry, it decides nothing.
 *
 * @internal
 */
export class Router {
  readonly feeds: Map<string, LogFeed> = new Map()
  readonly sessions: Map<string, Session> = new Map()
  readonly arrivals: Set<Arrival> = new Set()
  readonly #users = new Map<string, Set<Session>>()
  readonly #host: FeedHost

  constructor(host: FeedHost) {
    this.#host = host
  }

  /** The feed of an address, held until {@link Router.release}. */
  acquire(address: string): LogFeed {
    let feed = this.feeds.get(address)
    if (feed === undefined) {
      feed = new LogFeed(address, this.#host)
      this.feeds.set(address, feed)
    }
    feed.holds++
    return feed
  }

  release(feed: LogFeed): void {
    feed.holds--
    if (feed.holds > 0) return
    feed.close()
    if (this.feeds.get(feed.address) === feed) this.feeds.delete(feed.address)
  }

  /** The session is this one's from now on, though its handshake is not over. */
  claim(session: Session): void {
    this.sessions.set(session.id, session)
    const { id } = session.user
    let sessions = this.#users.get(id)
    if (sessions === undefined) {
      sessions = new Set()
      this.#users.set(id, sessions)
    }
    sessions.add(session)
  }

  remove(session: Session): void {
    if (this.sessions.get(session.id) === session) this.sessions.delete(session.id)
    const sessions = this.#users.get(session.user.id)
    sessions?.delete(session)
    if (sessions?.size === 0) this.#users.delete(session.user.id)
  }

  /** The sessions that an address names or that have joined it; some may still wait for their welcome. */
  *receivers(address: string): Generator<Session> {
    if (address.startsWith('~')) {
      const session = this.sessions.get(address.slice(1))
      if (session !== undefined) yield session
    } else if (address.startsWith('@')) yield* this.#users.get(address.slice(1)) ?? []
    else
      for (const id of this.feeds.get(address)?.readers.keys() ?? []) {
        const session = this.sessions.get(id)
        if (session !== undefined) yield session
      }
  }
}
