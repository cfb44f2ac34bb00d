import { orphanGrace, orphanInterval } from '../../protocol/limits.ts'
import { readStreamAddress } from '../../vocabulary/address.ts'
import type { HubContext } from '../context.ts'
import type { FeedRegistry } from '../delivery/feed-registry.ts'
import type { StreamFeed } from '../delivery/stream-feed.ts'
import type { LivingNodes } from '../nodes/living-nodes.ts'
import type { StreamEnds } from './stream-ends.ts'
import { writerOf } from './stream-head.ts'

/** The services of a {@link StreamWatch}. */
export interface WatchServices {
  readonly context: HubContext
  readonly feeds: FeedRegistry
  readonly nodes: LivingNodes
  readonly ends: StreamEnds
}

/**
 * Looks for the writers of the streams that are read on this node, and ends those whose writer is gone as `lost`
 * (P-SM-8). A writer is alive while its lease is: a stream may be silent for long.
 */
export class StreamWatch {
  readonly #services: WatchServices
  /** Time before which this node takes no writer for gone: the living may not have said so yet. */
  #trustedFrom: number

  constructor(services: WatchServices) {
    this.#services = services
    const { runtime, backplane } = services.context
    this.#trustedFrom = runtime.now() + orphanGrace
    backplane.onReconnect(() => {
      this.#trustedFrom = runtime.now() + orphanGrace
    })
  }

  /** Called at each heartbeat: looks for the writers of the streams that are silent. */
  beat(now: number): void {
    const silent = [...this.#services.feeds.streams].filter(
      (feed) => feed.opened && now - Math.max(feed.heard, feed.looked) >= orphanInterval,
    )
    if (silent.length > 0) this.#look(silent, now)
  }

  /** Looks for the writer of a stream that may be gone. */
  suspect(address: string): void {
    if (this.#services.context.runtime.now() >= this.#trustedFrom) this.#endLater([address])
  }

  /** Looks for the writer of a stream that was joined. */
  joined(feed: StreamFeed): void {
    const now = this.#services.context.runtime.now()
    if (!feed.ended && now - feed.looked >= orphanInterval) this.#look([feed], now)
  }

  #look(feeds: readonly StreamFeed[], now: number): void {
    for (const feed of feeds) {
      feed.looked = now
      // A hint may have been lost, and with it the end.
      feed.check()
    }
    if (now >= this.#trustedFrom) this.#endLater(feeds.map(({ address }) => address))
  }

  #endLater(addresses: readonly string[]): void {
    this.#endOrphans(addresses).catch((error) => this.#services.context.reportBackplane(error, 'streams'))
  }

  async #endOrphans(addresses: readonly string[]): Promise<void> {
    const { nodes, ends } = this.#services
    const living = new Set(await nodes.list())
    const orphans: string[] = []
    for (const address of addresses) {
      const writer = writerOf(readStreamAddress(address)?.id ?? '.')
      if (!living.has(writer) && !(await this.#isSession(writer))) orphans.push(address)
    }
    await Promise.all(orphans.map((address) => ends.end(address, { state: 'lost' })))
  }

  /** Tells whether a writer is a session that can still be resumed. */
  async #isSession(writer: string): Promise<boolean> {
    return (await this.#services.context.backplane.sessions.find(writer)) !== null
  }
}
