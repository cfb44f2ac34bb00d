import type { RedisAddress } from './client.ts'
import type { Connection } from './connection.ts'
import type { Keys } from './keys.ts'
import { slotOf } from './slot.ts'
import type { Subscriber } from './subscriber.ts'
import type { HintWay, SubscriberPool } from './subscriber-pool.ts'

/** Slots that a primary serves. */
interface Shard {
  readonly address: RedisAddress
  readonly ranges: (readonly [first: number, last: number])[]
}

/** Parts of a {@link ShardPool}. */
export interface ShardParts {
  readonly connection: Connection
  readonly keys: Keys
  /** Id of this node, for its probes. */
  readonly node: string
  /** `false` when one connection hears all channels of the cluster. */
  readonly sharded: boolean
  /** Returns the address at which this node reaches a server of the cluster. */
  map(address: RedisAddress): RedisAddress
  make(address: RedisAddress): Subscriber
  /** The channels that are subscribed. */
  channels(): readonly string[]
  /** Called when channels have moved to another connection, so that hints may be lost. */
  moved(): void
}

interface Way extends HintWay {
  readonly name: string
  readonly ranges: Shard['ranges']
}

/** A connection for subscriptions to each primary of a cluster. */
export class ShardPool implements SubscriberPool {
  readonly #parts: ShardParts
  #ways: readonly Way[] = []

  constructor(parts: ShardParts) {
    this.#parts = parts
  }

  get ways(): readonly HintWay[] {
    return this.#ways
  }

  subscriberOf(channel: string): Subscriber | null {
    const slot = slotOf(channel)
    return this.#ways.find(({ ranges }) => serves(ranges, slot))?.subscriber ?? null
  }

  async connect(): Promise<void> {
    await this.refresh()
    await Promise.all(this.#ways.map(({ subscriber }) => subscriber.connect()))
  }

  async refresh(): Promise<void> {
    const shards = await this.#shards()
    const before = new Map(this.#ways.map((way) => [way.name, way]))
    const starting = before.size === 0
    this.#ways = shards.map((shard) => this.#way(shard, before.get(nameOf(shard.address))))
    const kept = new Set(this.#ways.map(({ subscriber }) => subscriber))
    for (const { subscriber } of before.values()) if (!kept.has(subscriber)) subscriber.close()
    if (this.#moveChannels() && !starting) this.#parts.moved()
    if (starting) return
    for (const { name, subscriber } of this.#ways)
      if (!before.has(name)) subscriber.connect().catch(() => this.#parts.moved())
  }

  close(): void {
    for (const { subscriber } of this.#ways) subscriber.close()
  }

  async #shards(): Promise<Shard[]> {
    const reply = (await this.#parts.connection.call('cluster', 'SLOTS')) as unknown[][]
    const shards = new Map<string, Shard>()
    for (const [first, last, primary] of reply) {
      const [host, port] = primary as [string, number]
      const address = this.#parts.map({ host, port })
      const shard = shards.get(nameOf(address)) ?? { address, ranges: [] }
      shard.ranges.push([Number(first), Number(last)])
      shards.set(nameOf(address), shard)
    }
    if (this.#parts.sharded) return [...shards.values()]
    return this.#any([...shards.values()])
  }

  /** Any primary tells all texts of the cluster; the one that is connected stays while it is a primary. */
  #any(shards: readonly Shard[]): Shard[] {
    const [current] = this.#ways
    const kept = shards.find(({ address }) => nameOf(address) === current?.name && current.subscriber.up)
    const other = shards.find(({ address }) => nameOf(address) !== current?.name)
    const chosen = kept ?? other ?? shards[0]
    return chosen === undefined ? [] : [{ address: chosen.address, ranges: [[0, 16_383]] }]
  }

  #way({ address, ranges }: Shard, known: Way | undefined): Way {
    const { keys, node } = this.#parts
    const subscriber = known?.subscriber ?? this.#parts.make(address)
    const kept = known !== undefined && serves(ranges, slotOf(known.probe))
    const probe = kept ? known.probe : keys.probe(node, (slot) => serves(ranges, slot))
    if (!kept && known !== undefined) subscriber.remove([known.probe])
    subscriber.add(probe)
    return { name: nameOf(address), subscriber, probe, ranges }
  }

  /** Subscribes each channel where it is now. */
  #moveChannels(): boolean {
    let moved = false
    for (const channel of this.#parts.channels()) {
      const now = this.subscriberOf(channel)
      if (now === null || now.has(channel)) continue
      moved = true
      for (const { subscriber } of this.#ways)
        if (subscriber !== now && subscriber.has(channel)) subscriber.remove([channel])
      now.add(channel)
    }
    return moved
  }
}

const nameOf = ({ host, port }: RedisAddress): string => `${host}:${port}`

const serves = (ranges: Shard['ranges'], slot: number): boolean =>
  ranges.some(([first, last]) => slot >= first && slot <= last)
