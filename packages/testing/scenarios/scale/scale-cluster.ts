import { type Client, Hub, type HubOptions, type Runtime } from '@chat/core'
import type { HintReliability } from '@chat/core/backplane'
import { MemoryBackplane, type MemoryLink, MemoryNetwork, MemoryStore } from '@chat/core/memory'
import type { Connection, Dialer } from '@chat/core/transport'
import { Random, VirtualTime } from '@chat/testing'
import { type BackplaneCounts, CountingBackplane } from './counting-backplane.ts'
import { Counts, type CountsByName } from './counts.ts'

/** Options of a {@link ScaleCluster}. */
export interface ScaleOptions {
  /** Number of nodes at the start. */
  readonly nodes: number
  /** Declared reliability of hints. Default: `connected`. */
  readonly hints?: HintReliability
  /** Share of the hints that are lost. Default: 0. */
  readonly lostHints?: number
  /** Further options of the hubs. */
  readonly hub?: HubOptions
}

/** A node of a cluster: a hub with its connection to the broker. */
export interface ScaleNode {
  readonly name: string
  readonly hub: Hub
  readonly backplane: MemoryBackplane
}

/** The counts of a span of virtual time. */
export interface Measurement extends Readonly<Record<keyof ClusterCounts, CountsByName>> {
  /** Duration in milliseconds of virtual time. */
  readonly time: number
}

/** The counters of a cluster. */
interface ClusterCounts extends BackplaneCounts {
  /** Transmissions from nodes to clients. */
  readonly clients: Counts
}

/** Nodes over one modelled broker, under a virtual clock: the real hub, with a count of each operation. */
export class ScaleCluster {
  readonly time = new VirtualTime(1)
  readonly random = new Random(1, 'workload')
  readonly store: MemoryStore
  /** Nodes that take connections. */
  readonly nodes: ScaleNode[] = []
  readonly #options: ScaleOptions
  readonly #network: MemoryNetwork
  readonly #broker: Runtime
  readonly #counts: ClusterCounts = {
    operations: new Counts(),
    deliveries: new Counts(),
    logs: new Counts(),
    failures: new Counts(),
    clients: new Counts(),
  }
  readonly #latency: () => number
  #started = 0

  constructor(options: ScaleOptions) {
    this.#options = options
    const { time } = this
    const storage = { bytes: Number.MAX_SAFE_INTEGER, sessions: 1_000_000 }
    this.store = new MemoryStore(time.runtime('store'), storage)
    this.#network = new MemoryNetwork(time.runtime('network', { work: true }), {
      latency: latencyOf(new Random(1, 'network'), { least: 5, most: 25 }),
    })
    this.#broker = time.runtime('broker', { work: true })
    this.#latency = latencyOf(new Random(1, 'broker'), { least: 0.2, most: 0.8 })
    for (let i = 0; i < options.nodes; i++) this.startNode()
  }

  /** Starts a node, which takes connections at once. */
  startNode(): ScaleNode {
    const name = `node-${++this.#started}`
    const backplane = this.#connect()
    const hub = new Hub({
      authenticate: ({ token }) => ({ id: token ?? '' }),
      authorize: () => true,
      runtime: this.time.runtime(name),
      ...this.#options.hub,
      backplane: new CountingBackplane(backplane, this.#counts, this.#options.hints ?? 'connected'),
    })
    this.#network.listen(name, {
      subprotocols: hub.subprotocols,
      accept: (connection, handshake) => hub.accept(this.#countWrites(connection), handshake),
    })
    const node = { name, hub, backplane }
    this.nodes.push(node)
    return node
  }

  /** Drains nodes as a deploy does. The load balancer sends no client there from now on. */
  async stopNodes(nodes: readonly ScaleNode[], deadline: number): Promise<void> {
    for (const node of nodes) this.nodes.splice(this.nodes.indexOf(node), 1)
    await this.until(Promise.all(nodes.map(({ hub }) => hub.close({ deadline }))))
  }

  /** Returns a link for a client behind the load balancer, which picks a node at random for each dial. */
  linkedBalancer(): { readonly dial: Dialer; readonly link: MemoryLink } {
    const link = this.#network.link()
    const dial: Dialer = (options) => {
      const node = this.nodes[this.random.below(this.nodes.length)]
      if (node === undefined) return Promise.reject(new Error('unable to dial: no node takes connections'))
      return this.#network.dialer(node.name, { link })(options)
    }
    return { dial, link }
  }

  /** Number of operations at the broker so far. */
  get operations(): number {
    return this.#counts.operations.calls
  }

  /** Returns a dialer to a node. */
  dialer(node: ScaleNode): Dialer {
    return this.#network.dialer(node.name)
  }

  /** Begins an outage of the broker for all nodes, or ends it. */
  outage(down: boolean): void {
    for (const { backplane } of this.nodes) backplane.outage(down)
  }

  /** Runs `work`, and returns the counts of its span. */
  async measure(work: () => Promise<void>): Promise<Measurement> {
    const { now } = this.time
    const names = Object.keys(this.#counts) as (keyof ClusterCounts)[]
    const before = names.map((name) => this.#counts[name].snapshot())
    await work()
    const counted = names.map((name, i) => [name, this.#counts[name].since(before[i] ?? {})] as const)
    const changes = Object.fromEntries(counted) as Record<keyof ClusterCounts, CountsByName>
    return { time: Math.round(this.time.now - now), ...changes }
  }

  /** Advances the clock until a promise settles. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false
    const noting = promise.finally(() => {
      settled = true
    })
    while (!settled) if (!(await this.time.runNext())) break
    return noting
  }

  /** Advances the clock until a condition holds. */
  async untilTrue(condition: () => boolean): Promise<void> {
    while (!condition()) if (!(await this.time.runNext())) throw new Error('unable to go on: no timer is set')
  }

  #connect(): MemoryBackplane {
    const lost = this.#options.lostHints ?? 0
    const faults = new Random(1, 'faults')
    return new MemoryBackplane(this.store, {
      latency: this.#latency,
      network: this.#broker,
      runtime: this.#broker,
      faults: { hints: () => (lost > 0 && faults.next() < lost ? 0 : 1) },
    })
  }

  #countWrites(connection: Connection): Connection {
    const send = connection.send.bind(connection)
    connection.send = (batch) => {
      this.#counts.clients.add('transmissions', 1, batch.bytes)
      return send(batch)
    }
    return connection
  }
}

/** Returns a latency in milliseconds: mostly between two values, with a tail of 1 % up to twenty times as long. */
function latencyOf(random: Random, { least, most }: { least: number; most: number }): () => number {
  return () => random.between(least, most) * (random.next() < 0.01 ? 1 + random.below(20) : 1)
}

/** Resolves when a client is connected. */
export function connected(client: Pick<Client, 'status' | 'on'>): Promise<void> {
  if (client.status === 'connected') return Promise.resolve()
  return new Promise((resolve) => {
    const undo = client.on('$status', ({ status }) => {
      if (status !== 'connected') return
      undo()
      resolve()
    })
  })
}
