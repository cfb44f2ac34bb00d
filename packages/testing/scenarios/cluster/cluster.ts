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

/** Options of a cluster. */
export interface ClusterPlan {
  /** Number of hubs. Default: 2. */
  readonly nodes?: number
  /** Indexes of the hubs to which every client connects, in this order. Default: each hub once. */
  readonly route?: readonly number[]
  /** Users of the clients, a client for each. Default: three users, one of them with two clients. */
  readonly users?: readonly string[]
  /** Rooms that every client joins. Default: two. */
  readonly rooms?: readonly string[]
  /** Further options of the hubs. */
  readonly hub?: HubOptions
  readonly client?: Partial<Omit<ClientOptions, 'token'>>
  /** Called with every incarnation of a hub. */
  readonly started?: (hub: Hub) => void
  readonly bounds?: MonitorBounds
}

/** A message that a client sent, with its outcome. */
export interface SentMessage {
  /** Number of the message, unique in the cluster. */
  readonly n: number
  readonly client: Client
  readonly address: string
  /** `true` when the client was connected, so that the send was written at once. */
  readonly atOnce: boolean
  readonly since: number
  /** Outcome of the send; `null` while it is pending. */
  outcome: 'stored' | 'uncertain' | (string & {}) | null
  until: number | null
}

/** Hubs, and clients that send messages. */
export class Cluster {
  /** Starts the hubs and connects the clients, which join all rooms. */
  static async start(w: World, plan: ClusterPlan = {}): Promise<Cluster> {
    const cluster = new Cluster(w, plan)
    const route = (plan.route ?? [...cluster.hubs.keys()]).flatMap((index) => cluster.hubs[index] ?? [])
    const { users = ['alice', 'bob', 'carol', 'alice'], client: options = {} } = plan
    for (const name of users) {
      const client = await w.client(route, name, options)
      await Promise.all(cluster.rooms.map((room) => client.join(room).ready))
      cluster.clients.push(client)
    }
    return cluster
  }

  readonly w: World
  /** Hubs as the world knows them: the first incarnations. */
  readonly hubs: readonly Hub[]
  /** Running incarnation of each hub. */
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

  /** Draws an item from the seed. */
  draw<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.w.random() * items.length)]
    if (item === undefined) throw new RangeError('unable to draw an item: the list is empty')
    return item
  }

  /** Sends a message with a new number; the padding has `bytes` characters. */
  sendMessage(client: Client, address: string, bytes = 0): SentMessage {
    const { w } = this
    const atOnce = client.status === 'connected'
    const n = this.sent.length
    const message: SentMessage = { n, client, address, atOnce, since: w.now, outcome: null, until: null }
    this.sent.push(message)
    const settle = (outcome: string): void => {
      message.outcome = outcome
      message.until = w.now
      if (outcome === 'uncertain') w.sometimes('a send is uncertain')
    }
    client
      .to(address)
      .send('say', { n, pad: '.'.repeat(bytes) }, n % 2 === 0 ? { meta: { n } } : {})
      .then(
        () => settle('stored'),
        (error: unknown) => settle(error instanceof UncertainError ? 'uncertain' : codeOf(error)),
      )
    return message
  }

  /** Casts a message with a new number; the padding has `bytes` characters. */
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

  /** Returns the numbers of the messages that a client received at an address. */
  receivedBy(client: Client, address: string): number[] {
    return this.w.seen<{ n: number }>(client, address).map(({ data }) => data.n)
  }
}

const codeOf = (error: unknown): string => (error instanceof ChatError ? error.code : String(error))
