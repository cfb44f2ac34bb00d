import type { HintReliability, LogHead } from '../../backplane/backplane.ts'
import { attempt } from '../../runtime/maybe-promise.ts'
import type { Position } from '../../vocabulary/position.ts'
import type { HubContext } from '../context.ts'
import type { FeedRegistry } from './feed-registry.ts'
import type { LogFeed } from './log-feed.ts'

/** Time in which every feed is compared with its log once; `null` where no hint is lost. */
const intervals: Readonly<Record<HintReliability, number | null>> = {
  complete: null,
  connected: 120_000,
  lossy: 10_000,
}
/** Feeds that are compared with one request. */
const lotSize = 500

/**
 * Compares the feeds of this node with their logs, for messages whose hints were lost. The feeds are compared
 * in lots, spread over the interval; a feed is read only when its log stands elsewhere.
 */
export class FeedChecks {
  readonly #context: HubContext
  readonly #feeds: FeedRegistry
  readonly #interval: number | null
  /** The feeds that this round has not compared yet. */
  #left: LogFeed[] = []
  #began = 0
  #next = 0
  #step = 0

  constructor(context: HubContext, feeds: FeedRegistry) {
    this.#context = context
    this.#feeds = feeds
    this.#interval = intervals[context.backplane.capabilities.hints]
  }

  /** Called at each heartbeat: compares the lots that are due. */
  beat(now: number): void {
    if (this.#interval === null) return
    if (this.#left.length === 0 && now - this.#began >= this.#interval) this.#begin(now, this.#interval)
    for (; this.#left.length > 0 && now >= this.#next; this.#next += this.#step)
      this.#compare(this.#left.splice(0, lotSize))
  }

  #begin(now: number, interval: number): void {
    this.#left = [...this.#feeds.feeds]
    this.#began = now
    this.#next = now
    this.#step = interval / Math.max(1, Math.ceil(this.#left.length / lotSize))
  }

  #compare(lot: readonly LogFeed[]): void {
    const feeds = lot.filter((feed) => feed.opened)
    if (feeds.length === 0) return
    const asked = feeds.map((feed) => feed.position)
    attempt(
      () => this.#context.backplane.heads(feeds.map(({ address }) => address)),
      (heads) => {
        for (const [i, feed] of feeds.entries()) {
          const [before, head] = [asked[i], heads[i]]
          if (before !== undefined && head !== undefined && standsElsewhere(feed, before, head)) feed.check()
        }
      },
      (error) => this.#context.reportBackplane(error, 'positions'),
    )
  }
}

/**
 * Tells whether a log stands elsewhere than its feed. The feed may have moved on since the log was asked, from
 * the position `before`.
 */
function standsElsewhere(feed: LogFeed, before: Position, { epoch, top }: LogHead): boolean {
  return feed.unverified || epoch !== feed.position[0] || top > feed.position[1] || top < before[1]
}
