import {
  ChatError,
  type Client,
  type ClientOptions,
  type Hub,
  type HubOptions,
  UncertainError,
} from '@chat/core'
import type { World } from '@chat/testing'
import { type MonitorBounds, ProtocolMonitor } from '../monitor/protocol-monitor.ts'

/** Who lives in a cluster, and how. */
export interface ClusterPlan {
  /** How many hubs. Default: 2. */
  readonly nodes?: number
  /**
   * The hubs to which every client connects, one after the other, by their places. Default: one time each.
   */
  readonly route?: readonly number[]
  /** The users of the clients. Default: three people, one of them twice. */
  readonly users?: readonly string[]
  /** The rooms that everyone joins. Default: two. */
  readonly rooms?: readonly string[]
  /** What the hubs are told besides. */
  readonly hub?: HubOptions
  readonly client?: Partial<Omit<ClientOptions, 'token'>>
  /** Called with every incarnation of a hub. */
  readonly started?: (hub: Hub) => void
  readonly bounds?: MonitorBounds
}

/** What somebody said, and what became of it. */
export interface SentMessage {
  /** Unique in its cluster. */
  readonly n: number
  readonly client: Client
  readonly address: string
  /** Whether the client was connected, so that the words could be written at once. */
  readonly atOnce: boolean
  readonly since: number
  /** How it ended: `null` while it has not. */
  outcome: 'stored' | 'uncertain' | (string & {}) | null
  until: number | null
}

/** Hubs, and people who talk. */
export class Cluster {
  /** Makes the hubs and connects the people; every one of them listens in every room. */
  static async start(w: World, plan: ClusterPlan = {}): Promise<Cluster> {
    const cluster = new Cluster(w, plan)
    const route = (plan.route ?? [...cluster.hubs.keys()]).flatMap((place) => cluster.hubs[place] ?? [])
    const { users = ['alice', 'bob', 'carol', 'alice'], client: options = {} } = plan
    for (const name of users) {
      const client = await w.client(route, name, options)
      await Promise.all(cluster.rooms.map((room) => client.join(room).ready))
      cluster.clients.push(client)
    }
    return cluster
  }

  readonly w: World
  /** The hubs, as the world knows them. */
  readonly hubs: readonly Hub[]
  /** What runs now in the place of each. */
  readonly running: Hub[] = []
  readonly clients: Client[] = []
  readonly rooms: readonly string[]
  readonly monitor: ProtocolMonitor
  readonly sent: SentMessage[] = []

  private constructor(w: World, plan: ClusterPlan) {
    const { nodes = 2, rooms = ['#lobby', '#garden'], hub = {}, bounds = {}, started } = plan
    this.w = w
    this.rooms = rooms
    this.monitor = new ProtocolMonitor(w, bounds)
    this.hubs = Array.from({ length: nodes }, (_, place) =>
      w.hub(
        { authenticate: ({ token }) => ({ id: token ?? '' }), authorize: () => true, ...hub },
        (running) => {
          this.running[place] = running
          this.monitor.watchHub(running)
          started?.(running)
        },
      ),
    )
  }

  /** One of several, drawn from the seed. */
  draw<T>(several: readonly T[]): T {
    const one = several[Math.floor(this.w.random() * several.length)]
    if (one === undefined) throw new RangeError('unable to draw one of none')
    return one
  }

  /** Sends words that nobody has said before, `bytes` long. */
  sendMessage(client: Client, address: string, bytes = 0): SentMessage {
    const { w } = this
    const atOnce = client.status === 'connected'
    const n = this.sent.length
    const words: SentMessage = { n, client, address, atOnce, since: w.now, outcome: null, until: null }
    this.sent.push(words)
    const settle = (outcome: string): void => {
      words.outcome = outcome
      words.until = w.now
      if (outcome === 'uncertain') w.sometimes('a send is uncertain')
    }
    client
      .to(address)
      .send('say', { n, pad: '.'.repeat(bytes) })
      .then(
        () => settle('stored'),
        (error: unknown) => settle(error instanceof UncertainError ? 'uncertain' : codeOf(error)),
      )
    return words
  }

  /** Casts words that nobody has said before. */
  castMessage(client: Client, address: string, bytes = 0): void {
    const n = this.sent.length
    this.sent.push({
      n,
      client,
      address,
      atOnce: false,
      since: this.w.now,
      outcome: 'cast',
      until: this.w.now,
    })
    client.to(address).cast('say', { n, pad: '.'.repeat(bytes) })
  }

  /** What a client was told at an address. */
  receivedBy(client: Client, address: string): number[] {
    return this.w.seen<{ n: number }>(client, address).map(({ data }) => data.n)
  }
}

const codeOf = (error: unknown): string => (error instanceof ChatError ? error.code : String(error))
