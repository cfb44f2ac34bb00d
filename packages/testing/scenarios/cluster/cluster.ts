import {
  ChatError,
  type Client,
  type ClientOptions,
  type Hub,
  type HubOptions,
  type RoomAddress,
  UncertainError,
} from '@chat/core'
import type { World } from '@chat/testing'
import { type MonitorBounds, ProtocolMonitor } from '../monitor/protocol-monitor.ts'

type ExtraOptions = Partial<Omit<ClientOptions, 'token'>>

/** Options of a cluster. */
export interface ClusterPlan {
  /** Number of hubs. Default: 2. */
  readonly nodes?: number
  /** Indexes of the hubs to which every client connects, in this order. Default: each hub once. */
  readonly route?: readonly number[]
  /** Users of the clients, a client for each. Default: three users, one of them with two clients. */
  readonly users?: readonly string[]
  /** Rooms that every client joins. Default: two. */
  readonly rooms?: readonly RoomAddress[]
  /** Further options of the hubs. */
  readonly hub?: HubOptions
  /** Network address that the hubs see for all clients. Default: none. */
  readonly remoteAddress?: string
  /** Further options of the clients. A function is called for each client, also after a reload. */
  readonly client?: ExtraOptions | ((user: string) => ExtraOptions)
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
    const { users = ['alice', 'bob', 'carol', 'alice'] } = plan
    for (const name of users) cluster.clients.push(await cluster.#enter(name))
    return cluster
  }

  readonly w: World
  /** Hubs as the world knows them: the first incarnations. */
  readonly hubs: readonly Hub[]
  /** Running incarnation of each hub. */
  readonly running: Hub[] = []
  readonly clients: Client[] = []
  readonly rooms: readonly RoomAddress[]
  readonly monitor: ProtocolMonitor
  readonly sent: SentMessage[] = []
  readonly #plan: ClusterPlan

  private constructor(w: World, plan: ClusterPlan) {
    const { nodes = 2, rooms = ['#lobby', '#garden'], hub = {}, bounds = {}, started } = plan
    this.w = w
    this.#plan = plan
    this.rooms = rooms
    this.monitor = new ProtocolMonitor(w, bounds)
    this.hubs = Array.from({ length: nodes }, (_, place) =>
      w.hub(
        { authenticate: ({ token }) => ({ id: token ?? '' }), authorize: () => true, ...hub },
        (running) => {
          this.running[place] = running
          this.monitor.watchHub(running)
          if (plan.remoteAddress !== undefined) setRemoteAddress(running, plan.remoteAddress)
          started?.(running)
        },
      ),
    )
  }

  /**
   * Replaces a client by a fresh client of its user, as the reload of a page does. Resolves with the fresh client
   * when it has joined all rooms.
   */
  async reloadClient(client: Client): Promise<Client> {
    const place = this.clients.indexOf(client)
    const { user } = client
    client.close()
    const fresh = await this.#enter(user ?? '')
    this.clients[place] = fresh
    return fresh
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

  /** Connects a client, which joins all rooms. */
  async #enter(user: string): Promise<Client> {
    const { route = [...this.hubs.keys()], client: options = {} } = this.#plan
    const client = await this.w.client(
      route.flatMap((index) => this.hubs[index] ?? []),
      user,
      typeof options === 'function' ? options(user) : options,
    )
    await Promise.all(this.rooms.map((room) => client.join(room).ready))
    return client
  }

  /** Returns the numbers of the messages that a client received at an address. */
  receivedBy(client: Client, address: string): number[] {
    return this.w.seen<{ n: number }>(client, address).map(({ data }) => data.n)
  }
}

/** Gives an address to all connections of a hub that come from the memory network. */
function setRemoteAddress(hub: Hub, remoteAddress: string): void {
  const accept = hub.accept.bind(hub)
  hub.accept = (connection, handshake) =>
    accept(connection, handshake.remoteAddress === 'memory' ? { ...handshake, remoteAddress } : handshake)
}

const codeOf = (error: unknown): string => (error instanceof ChatError ? error.code : String(error))
