import { unusedPort } from '../test-server.ts'
import { RedisServer } from './redis-server.ts'
import { until } from './until.ts'

/** Number of slots of every cluster. */
const slots = 16_384
/** Keys that one `MIGRATE` moves. */
const keysAtOnce = 10

/** Options of a {@link RedisCluster}. */
export interface RedisClusterOptions {
  /** Number of primaries. Default: 3. */
  readonly primaries?: number
  /** Number of replicas of each primary. Default: 0. */
  readonly replicas?: number
  /** Time without an answer after which a node counts as failed, in milliseconds. Default: 1 500. */
  readonly nodeTimeout?: number
}

/** A Redis Cluster on free ports of 127.0.0.1. */
export class RedisCluster {
  /** The nodes: the primaries first, and then the replicas of each. */
  readonly nodes: readonly RedisServer[]
  readonly #ids = new Map<RedisServer, string>()

  private constructor(nodes: readonly RedisServer[]) {
    this.nodes = nodes
  }

  /** Starts the nodes, and resolves when each says that the cluster is complete. */
  static async start({
    primaries = 3,
    replicas = 0,
    nodeTimeout = 1_500,
  }: RedisClusterOptions = {}): Promise<RedisCluster> {
    const count = primaries * (1 + replicas)
    const nodes = await Promise.all(Array.from({ length: count }, () => startNode(nodeTimeout)))
    const cluster = new RedisCluster(nodes.map(({ server }) => server))
    await cluster.#form(primaries, nodes).catch(async (error) => {
      await cluster.close()
      throw error
    })
    return cluster
  }

  /** Addresses of all nodes. */
  get addresses(): readonly { readonly host: string; readonly port: number }[] {
    return this.nodes.map(({ port }) => ({ host: '127.0.0.1', port }))
  }

  /** Resolves with the slot of the first key whose name contains a text. */
  async slotOf(text: string): Promise<number> {
    for (const node of await this.#primaries()) {
      const [key] = (await node.command('KEYS', `*${text}*`)).split('\n')
      if (key !== undefined && key !== '') return Number(await node.command('CLUSTER', 'KEYSLOT', key))
    }
    throw new Error(`unable to find a slot: no key contains '${text}'`)
  }

  /** Resolves with the primary that serves a slot now. */
  async primaryOf(slot: number): Promise<RedisServer> {
    const answer = await this.#alive().command('CLUSTER', 'NODES')
    for (const line of answer.split('\n')) {
      const [id, , flags = '', , , , , , ...ranges] = line.split(' ')
      if (!flags.includes('master') || flags.includes('fail')) continue
      if (ranges.some((range) => contains(range, slot))) return this.#byId(id ?? '')
    }
    throw new Error(`unable to find the primary of slot ${slot}:\n${answer}`)
  }

  /** Moves a slot with its keys to another primary, key by key, and resolves with the new primary. */
  async moveSlot(slot: number): Promise<RedisServer> {
    const source = await this.primaryOf(slot)
    const primaries = await this.#primaries()
    const target = primaries[(primaries.indexOf(source) + 1) % primaries.length]
    if (target === undefined) throw new Error('unable to move a slot: the cluster has no other primary')
    await target.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', this.#id(source))
    await source.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', this.#id(target))
    await moveKeys(source, target, slot)
    for (const node of [target, source, ...primaries.filter((one) => one !== target && one !== source)])
      await node.command('CLUSTER', 'SETSLOT', slot, 'NODE', this.#id(target))
    return target
  }

  /** Resolves when every running node says that all slots are served. */
  async complete(): Promise<void> {
    for (const node of this.nodes.filter(({ process }) => process.running))
      await until(`a complete cluster at port ${node.port}`, async () =>
        (await node.command('CLUSTER', 'INFO')).includes('cluster_state:ok'),
      )
  }

  /** Ends all nodes, and removes their folders. */
  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.close()))
  }

  async #form(primaries: number, nodes: readonly ClusterNode[]): Promise<void> {
    await Promise.all(nodes.map((node, index) => this.#introduce(node, index, nodes[0] ?? node)))
    const share = Math.ceil(slots / primaries)
    for (const [index, node] of this.nodes.slice(0, primaries).entries()) {
      const end = Math.min(slots, (index + 1) * share) - 1
      await node.command('CLUSTER', 'ADDSLOTSRANGE', index * share, end)
    }
    await this.#follow(primaries)
    await this.complete()
  }

  async #introduce({ server }: ClusterNode, index: number, first: ClusterNode): Promise<void> {
    this.#ids.set(server, await server.command('CLUSTER', 'MYID'))
    await server.command('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)
    if (index > 0) await server.command('CLUSTER', 'MEET', '127.0.0.1', first.server.port, first.busPort)
  }

  /** Makes each node after the primaries a replica, and waits until its first synchronisation is done. */
  async #follow(primaries: number): Promise<void> {
    for (const [index, replica] of this.nodes.slice(primaries).entries()) {
      const primary = this.nodes[index % primaries]
      if (primary === undefined) continue
      const command = ['CLUSTER', 'REPLICATE', this.#id(primary)]
      await until('a node that knows its primary', () =>
        replica.command(...command).then(
          () => true,
          () => false,
        ),
      )
      await until('a replica in step', async () =>
        (await replica.command('INFO', 'replication')).includes('master_link_status:up'),
      )
    }
  }

  async #primaries(): Promise<RedisServer[]> {
    const answer = await this.#alive().command('CLUSTER', 'NODES')
    return answer
      .split('\n')
      .filter((line) => / (myself,)?master /.test(line))
      .map((line) => this.#byId(line.slice(0, line.indexOf(' '))))
      .filter(({ process }) => process.running)
  }

  #alive(): RedisServer {
    const alive = this.nodes.find(({ process }) => process.running)
    if (alive === undefined) throw new Error('unable to ask the cluster: no node is running')
    return alive
  }

  #id(node: RedisServer): string {
    return this.#ids.get(node) ?? ''
  }

  #byId(id: string): RedisServer {
    for (const [node, own] of this.#ids) if (own === id) return node
    throw new Error(`unable to find the node ${id}`)
  }
}

interface ClusterNode {
  readonly server: RedisServer
  readonly busPort: number
}

/** Starts a node. The default port of its bus, 10 000 above its own, may be no port. */
async function startNode(nodeTimeout: number): Promise<ClusterNode> {
  const busPort = await unusedPort()
  const options = ['--cluster-enabled', 'yes', '--cluster-node-timeout', `${nodeTimeout}`]
  const replication = ['--repl-diskless-sync-delay', '0', '--cluster-port', `${busPort}`]
  return { server: await RedisServer.start({ args: [...options, ...replication] }), busPort }
}

async function moveKeys(source: RedisServer, target: RedisServer, slot: number): Promise<void> {
  for (;;) {
    const answer = await source.command('CLUSTER', 'GETKEYSINSLOT', slot, keysAtOnce)
    const keys = answer.split('\n').filter((key) => key !== '')
    if (keys.length === 0) return
    await source.command('MIGRATE', '127.0.0.1', target.port, '', 0, 5_000, 'KEYS', ...keys)
  }
}

function contains(range: string, slot: number): boolean {
  const [from, to = from] = range.split('-').map(Number)
  return from !== undefined && to !== undefined && slot >= from && slot <= to
}
