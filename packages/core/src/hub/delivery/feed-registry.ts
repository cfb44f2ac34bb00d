import type { HubContext } from '../context.ts'
import { HistoryPages } from './history-pages.ts'
import { LogFeed } from './log-feed.ts'
import type { Reader } from './reader.ts'
import { StreamFeed } from './stream-feed.ts'

/** The feeds of this node, by address. A feed exists while a session or an operation holds it. */
export class FeedRegistry {
  /** Pages of history of all addresses. */
  readonly history: HistoryPages
  readonly #context: HubContext
  readonly #feeds = new Map<string, LogFeed>()
  readonly #streams = new Set<StreamFeed>()
  readonly #onStreamEnd: (address: string) => void

  /** @param onStreamEnd - Called when a reader has got the end of a stream. */
  constructor(context: HubContext, onStreamEnd: (address: string) => void) {
    this.#context = context
    this.#onStreamEnd = onStreamEnd
    this.history = new HistoryPages(context)
    context.backplane.onReconnect(() => {
      for (const feed of this.#feeds.values()) feed.verify()
    })
  }

  /** All feeds. */
  get feeds(): Iterable<LogFeed> {
    return this.#feeds.values()
  }

  /** The feeds of streams. */
  get streams(): ReadonlySet<StreamFeed> {
    return this.#streams
  }

  /** Returns the feed of a stream, and holds it until {@link FeedRegistry.releaseFeed}. */
  acquireStream(address: string): StreamFeed {
    const known = this.#feeds.get(address)
    const feed =
      known instanceof StreamFeed ? known : new StreamFeed(this.#context, address, this.#onStreamEnd)
    this.#feeds.set(address, feed)
    this.#streams.add(feed)
    feed.holds++
    return feed
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
    if (feed instanceof StreamFeed) this.#streams.delete(feed)
    if (this.#feeds.get(feed.address) === feed) this.#feeds.delete(feed.address)
  }
}
