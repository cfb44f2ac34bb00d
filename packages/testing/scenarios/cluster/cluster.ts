import {
  ChatError,
  type Client,
  type ClientOptions,
  type Hub,
  type HubOptions,
  UncertainError,
} from '@chat/core'
import type { World } from '@chat/testing'
import { type Bounds, Eye } from '../monitor/protocol-monitor.ts'

/** Who lives in a town, and how. */
export interface Plan {
  /** How many hubs. Default: 2. */
  readonly nodes?: number
  /** The hubs to which every client connects, one after the other, by their places. Default: one time each. */
  readonly route?: readonly number[]
  /** The users of the clients. Default: three people, one of them twice. */
  readonly people?: readonly string[]
  /** The rooms that everyone joins. Default: two. */
  readonly rooms?: readonly string[]
  /** What the hubs are told besides. */
  readonly hub?: HubOptions
  readonly client?: Partial<Omit<ClientOptions, 'token'>>
  /** Called with every incarnation of a hub. */
  readonly started?: (hub: Hub) => void
  readonly bounds?: Bounds
}

/** What somebody said, and what became of it. */
export interface Words {
  /** Unique in its town. */
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
export class Town {
  /** Makes the hubs and connects the people; every one of them listens in every room. */
  static async build(w: World, plan: Plan = {}): Promise<Town> {
    const town = new Town(w, plan)
    const route = (plan.route ?? [...town.hubs.keys()]).flatMap((place) => town.hubs[place] ?? [])
    const { people = ['alice', 'bob', 'carol', 'alice'], client: options = {} } = plan
    for (const name of people) {
      const client = await w.client(route, name, options)
      await Promise.all(town.rooms.map((room) => client.join(room).ready))
      town.clients.push(client)
    }
    return town
  }

  readonly w: World
  /** The hubs, as the world knows them. */
  readonly hubs: readonly Hub[]
  /** What runs now in the place of each. */
  readonly running: Hub[] = []
  readonly clients: Client[] = []
  readonly rooms: readonly string[]
  readonly eye: Eye
  readonly said: Words[] = []

  private constructor(w: World, plan: Plan) {
    const { nodes = 2, rooms = ['#lobby', '#garden'], hub = {}, bounds = {}, started } = plan
    this.w = w
    this.rooms = rooms
    this.eye = new Eye(w, bounds)
    this.hubs = Array.from({ length: nodes }, (_, place) =>
      w.hub(
        { authenticate: ({ token }) => ({ id: token ?? '' }), authorize: () => true, ...hub },
        (running) => {
          this.running[place] = running
          this.eye.watch(running)
          started?.(running)
        },
      ),
    )
  }

  /** One of several, drawn from the seed. */
  any<T>(several: readonly T[]): T {
    const one = several[Math.floor(this.w.random() * several.length)]
    if (one === undefined) throw new RangeError('unable to draw one of none')
    return one
  }

  /** Sends words that nobody has said before, `bytes` long. */
  say(client: Client, address: string, bytes = 0): Words {
    const { w } = this
    const atOnce = client.status === 'connected'
    const n = this.said.length
    const words: Words = { n, client, address, atOnce, since: w.now, outcome: null, until: null }
    this.said.push(words)
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
        (error: unknown) => settle(error instanceof UncertainError ? 'uncertain' : nameOf(error)),
      )
    return words
  }

  /** Casts words that nobody has said before. */
  whisper(client: Client, address: string, bytes = 0): void {
    const n = this.said.length
    this.said.push({
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
  heard(client: Client, address: string): number[] {
    return this.w.seen<{ n: number }>(client, address).map(({ data }) => data.n)
  }
}

const nameOf = (error: unknown): string => (error instanceof ChatError ? error.code : String(error))
