import type { Backplane } from '@chat/core/backplane'
import type { BackplaneBench, BackplaneHarness, BackplaneStartOptions } from '@chat/testing/conformance'
import { pause } from '../../../../test-support/brokers/until.ts'
import type { FaultProxy } from '../../../../test-support/fault-proxy.ts'
import type { RedisClientModule } from '../../src/client.ts'
import { encodeName } from '../../src/keys.ts'
import type { RedisBackplaneOptions } from '../../src/options.ts'
import { startBackplane } from '../../src/start.ts'
import { factor, fasterTuning, ScaledBackplane } from './scaled.ts'

const day = 24 * 3_600_000
/** Time in which the server certainly has done what was sent to it, in milliseconds. */
const certain = 150

let prefixes = 0

/** A server or a cluster, as the suites use it. */
export interface Store {
  /** Runs a command at the server that has a key. */
  command(key: string, ...args: readonly (string | number)[]): Promise<string>
  /** Runs a command at each server, and resolves with the lines of all answers. */
  everywhere(...args: readonly (string | number)[]): Promise<string[]>
  /** Makes the way of a new node to the store. */
  way(): Promise<StoreWay>
}

/** The way of a node to the store: the options with which it connects, through proxies. */
export interface StoreWay {
  readonly options: RedisBackplaneOptions
  readonly proxies: readonly FaultProxy[]
}

/** The suite's harness of a store, with a client. */
export function harnessOf(name: string, client: RedisClientModule, store: () => Store): BackplaneHarness {
  return {
    name,
    capabilities: {
      ...{ name: 'redis', durability: 'log', hints: 'connected', reverseReads: true },
      ...{ dedupeWindow: 120_000, largestPayload: 512 * 1024, largestRoom: null },
    },
    start: async (options) => new RedisBench(store(), client, options).bench(),
  }
}

/** A prefix of a store, and the nodes that use it. */
class RedisBench {
  readonly #store: Store
  readonly #client: RedisClientModule
  readonly #options: BackplaneStartOptions
  readonly #prefix = `t${++prefixes}`
  readonly #nodes: Backplane[] = []
  readonly #proxies = new Map<Backplane, readonly FaultProxy[]>()

  constructor(store: Store, client: RedisClientModule, options: BackplaneStartOptions) {
    this.#store = store
    this.#client = client
    this.#options = options
  }

  bench(): BackplaneBench {
    return {
      node: () => this.#node(this.#prefix),
      stranger: () => this.#node(`t${++prefixes}`),
      advance: (duration) => pause(Math.ceil(duration / factor)),
      forget: (stream) => this.#forget(stream),
      wipe: () => this.#wipe(),
      outage: async (node, down) => this.#outage(node, down),
      loseAnswer: async (node) => this.#loseAnswer(node),
      rollback: (stream, count) => this.#rollback(stream, count),
      leftovers: () => this.#leftovers(),
      stop: () => this.#stop(),
    }
  }

  async #node(prefix: string): Promise<Backplane> {
    const { keep, age } = this.#options
    const way = await this.#store.way()
    const inner = await startBackplane(
      {
        ...way.options,
        ...{ prefix, client: this.#client, timeout: 2_000 },
        retention: {
          ...(keep === null ? {} : { count: keep }),
          ...{ age: Math.ceil((age ?? day) / factor), bytes: 256 * 1024 * 1024 },
        },
        ...{ dedupeWindow: 120_000 / factor, onWarning: () => {} },
      },
      fasterTuning,
    )
    const node = new ScaledBackplane(inner)
    this.#nodes.push(node)
    this.#proxies.set(node, way.proxies)
    return node
  }

  async #forget(stream: string): Promise<void> {
    const tag = `${this.#prefix}:{${encodeName(stream)}}`
    await this.#store.command(tag, 'DEL', `${tag}:m`, `${tag}:l`)
  }

  async #wipe(): Promise<void> {
    for (const key of await this.#keys()) await this.#store.command(key, 'DEL', key)
  }

  async #keys(): Promise<string[]> {
    const keys = await this.#store.everywhere('KEYS', `${this.#prefix}:*`)
    return keys.filter((key) => !key.endsWith(':version'))
  }

  #outage(node: Backplane, down: boolean): void {
    for (const proxy of this.#proxies.get(node) ?? []) {
      proxy.refusing = down
      if (down) proxy.reset()
    }
  }

  /** Holds the answers, and then ends the connections. */
  #loseAnswer(node: Backplane): void {
    for (const proxy of this.#proxies.get(node) ?? []) {
      proxy.stall('down')
      setTimeout(() => {
        proxy.reset()
        proxy.heal()
      }, certain)
    }
  }

  /** Removes the newest entries and the refs of a log, as a replica has them that lags. */
  async #rollback(stream: string, count: number): Promise<void> {
    const tag = `${this.#prefix}:{${encodeName(stream)}}`
    const [meta, list] = [`${tag}:m`, `${tag}:l`]
    await this.#store.command(list, 'RPOP', list, count)
    const last = (await this.#store.command(list, 'LINDEX', list, -1)).split('\n')
    const [, total = '0', id = ''] = last
    await this.#store.command(meta, 'HINCRBY', meta, 'n', -count)
    await this.#store.command(meta, 'HSET', meta, 'c', Number(total) || 0, 'i', id)
    const top = Number(await this.#store.command(meta, 'HGET', meta, 'n'))
    const rings = (await this.#keys()).filter((key) => key.startsWith(`${tag}:d`))
    for (const ring of rings) await this.#rollbackRing(ring, top)
  }

  async #rollbackRing(ring: string, top: number): Promise<void> {
    const refs = (await this.#store.command(ring, 'HKEYS', ring))
      .split('\n')
      .filter((ref) => /^\d+$/.test(ref))
    let greatest = 0
    for (const ref of refs) {
      const [at] = (await this.#store.command(ring, 'HGET', ring, ref)).split('\n')
      if (Number(at) > top) await this.#store.command(ring, 'HDEL', ring, ref)
      else greatest = Math.max(greatest, Number(ref))
    }
    await this.#store.command(ring, 'HSET', ring, 'g', greatest)
  }

  async #leftovers(): Promise<number> {
    const channels = await this.#store.everywhere('PUBSUB', 'CHANNELS', `${this.#prefix}:*`)
    const sharded = await this.#store.everywhere('PUBSUB', 'SHARDCHANNELS', `${this.#prefix}:*`)
    return (await this.#keys()).length + new Set([...channels, ...sharded]).size
  }

  async #stop(): Promise<void> {
    for (const node of this.#nodes) await node.close()
    for (const proxy of [...this.#proxies.values()].flat()) await proxy.close()
  }
}

/** Returns the lines of an answer. An empty list is an empty line. */
export const linesOf = (answer: string): string[] => answer.split('\n').filter((line) => line !== '')
