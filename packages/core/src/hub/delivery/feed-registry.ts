import type { HubContext } from '../context.ts'
import { HistoryPages } from './history-pages.ts'
import { LogFeed } from './log-feed.ts'
import type { Reader } from './reader.ts'

/** The feeds of this node, by address. A feed exists while a session or an operation holds it. */
export class FeedRegistry {
  /** Pages of history of all addresses. */
  readonly history: HistoryPages
  readonly #context: HubContext
  readonly #feeds = new Map<string, LogFeed>()

  constructor(context: HubContext) {
    this.#context = context
    this.history = new HistoryPages(context)
    context.backplane.onReconnect(() => {
      for (const feed of this.#feeds.values()) feed.verify()
    })
  }

  /** All feeds. */
  get feeds(): Iterable<LogFeed> {
    return this.#feeds.values()
  }

  /** Returns the readers of an address. */
  readersOf(address: string): Iterable<Reader> {
    return this.#feeds.get(address)?.readers.values() ?? []
  }

  /** Returns the feed of an address, and holds it until {@link FeedRegistry.releaseFeed}. */
  acquireFeed(address: string): LogFeed {
    let feed = this.#feeds.get(address)
    if (feed === undefined) {
      feed = new LogFeed(this.#context, address)
      this.#feeds.set(address, feed)
    }
    feed.holds++
    return feed
  }

  /** Releases a hold. A feed without holds is closed. */
  releaseFeed(feed: LogFeed): void {
    feed.holds--
    if (feed.holds > 0) return
    feed.close()
    if (this.#feeds.get(feed.address) === feed) this.#feeds.delete(feed.address)
  }
}
