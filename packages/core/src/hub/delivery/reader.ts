import type { Frame } from '../../transport/batch.ts'
import { type Position, samePosition } from '../../vocabulary/position.ts'
import type { Outbox } from '../connections/outbox.ts'
import type { LogFeed } from './log-feed.ts'

/**
 * A place in a stream at which one connection reads: a client that resumes, one that is slow and one that keeps up are all
 * this. While it is live it stands where its feed stands and costs nothing of its own.
 *
 * @internal
 */
export class Reader {
  readonly session: string
  readonly outbox: Outbox
  readonly #feed: LogFeed
  #behind: Position | null = null
  #reading = false
  #detached = false

  constructor(feed: LogFeed, session: string, outbox: Outbox) {
    this.#feed = feed
    this.session = session
    this.outbox = outbox
  }

  get live(): boolean {
    return this.#behind === null
  }

  /** Where the reader stands: before the first message that it was not sent. */
  get position(): Position {
    return this.#behind ?? this.#feed.position
  }

  /** Sends the newest message to a live reader, or leaves it behind at `before` when it does not keep up (P-LV-4). */
  offer(frame: Frame, before: Position): void {
    if (this.outbox.full) this.#behind = before
    else this.outbox.push(frame)
  }

  /** Places the reader behind its feed, where {@link Reader.pump} goes on. */
  place(position: Position): void {
    this.#behind = position
  }

  detach(): void {
    this.#detached = true
  }

  /** Sends what the reader has missed, as far as the connection takes it; at the feed's place it is live again, in the same step. */
  pump(): void {
    let reachable = true
    while (reachable && !this.#detached && !this.#reading && this.#behind !== null && !this.outbox.blocked) {
      const feed = this.#feed
      const from = this.#behind
      if (samePosition(from, feed.position)) {
        this.#behind = null
        return
      }
      this.#reading = true
      feed.pageAfter(from, (page) => {
        this.#reading = false
        if (page === null) reachable = false
        if (page === null || this.#detached || this.#behind === null) return
        // The feed has placed the reader elsewhere while the page was on its way.
        if (this.#behind !== from) return this.pump()
        if (page.gap !== null) feed.tellGap(this, page.gap, page.next)
        for (const frame of page.frames) this.outbox.push(frame)
        this.#behind = page.next
        if (!page.atOnce) this.pump()
      })
    }
  }
}
