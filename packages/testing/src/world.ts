import {
  type AnyContract,
  type Backplane,
  Client,
  type ClientOptions,
  type Gap,
  Hub,
  type HubOptions,
  MemoryBackplane,
  type MemoryLink,
  MemoryNetwork,
  MemoryStore,
  type Message,
  type Runtime,
  type Untyped,
  type User,
} from '@chat/core'
import { type Duration, milliseconds } from './duration.ts'
import { Random } from './random.ts'
import { quiet, VirtualTime } from './virtual-time.ts'

/** How a {@link World} behaves. */
export interface WorldOptions {
  /** Everything random in this world follows from it. Default: 1. */
  readonly seed?: number
  /** How long one way between client and hub takes: a fixed time, or a range to draw from. Default: 1 to 20 ms. */
  readonly latency?: Duration | readonly [least: Duration, most: Duration]
  /**
   * How long one way between hub and backplane takes. `0` takes the synchronous path, on which a hub alone on one machine runs. Default: 0 to 5 ms,
   * drawn for each operation.
   */
  readonly backplaneLatency?: Duration | readonly [least: Duration, most: Duration]
}

/** A client of a world, whatever its contract. */
export type AnyClient = Pick<Client, 'close' | 'status'>

type AnyHub = Pick<Hub, 'close'>

/** The way between a client and its hubs. */
export interface WorldLink {
  /** Cuts it: the connection is lost on both sides and none can be made, for this long or until {@link WorldLink.restore}. */
  cut(duration?: Duration): void
  /** Makes it whole again. */
  restore(): void
}

/** Hubs and clients under one virtual clock: made by {@link world}. */
export interface World {
  /** What everything random follows from. */
  readonly seed: number
  /** Milliseconds of virtual time since the start. */
  readonly now: number
  /** Starts a hub. Hubs of one world share one backplane. Runtime and backplane are the world's own unless given. */
  hub<C extends AnyContract = Untyped, U extends User = User>(options?: HubOptions<C, U>): Hub<C, U>
  /** A client of a hub, connected; `token` is what the hub's `authenticate` gets. */
  client<C extends AnyContract = Untyped, U extends User = User>(
    hub: Hub<C, U>,
    token: string,
    options?: Partial<Omit<ClientOptions<C>, 'token'>>,
  ): Promise<Client<C>>
  /** The way of a client to its hubs. */
  link(client: AnyClient): WorldLink
  /** Lets time pass, and everything that is due in it happen. No real time passes. */
  advance(duration: Duration): Promise<void>
  /** Lets time pass until nothing is under way any more. */
  settle(): Promise<void>
  /** The messages that a client was handed for an address, in their order. Data is `unknown` until said otherwise: `seen<Say>(bob, '#lobby')`. */
  seen<Data = unknown>(client: AnyClient, address: string): readonly Message<Data>[]
  /** The gaps that a client was told of for an address. */
  gaps(client: AnyClient, address: string): readonly Gap[]
  /** A runtime on this world's clock, for code of your own that takes one. */
  runtime(actor: string): Runtime
}

interface Member {
  readonly link: WorldLink
  readonly seen: (Message | Gap)[]
}

/**
 * Runs a scenario in a world of its own: hubs, clients and the network between them in memory, under virtual time. Afterwards everything is closed.
 *
 * ```ts
 * test('bob catches up after a tunnel', () =>
 *   world({ seed: 7 }, async (w) => {
 *     const hub = w.hub({ authenticate: ({ token }) => ({ id: token ?? '' }), authorize: () => true })
 *     const [alice, bob] = [await w.client(hub, 'alice'), await w.client(hub, 'bob')]
 *     const room = bob.join('#general')
 *     await w.settle()
 *     w.link(bob).cut('45s')
 *     for (let i = 0; i < 20; i++) await alice.to('#general').send('say', { i })
 *     await w.advance('60s')
 *     expect(w.seen(bob, '#general')).toHaveLength(20)
 *   }))
 * ```
 */
export async function world(
  options: WorldOptions,
  scenario: (w: World) => Promise<void> | void,
): Promise<void> {
  const made = new MadeWorld(options)
  let outcome: { error: unknown } | null = null
  let finished = false
  const running = (async () => scenario(made))()
    .catch((error: unknown) => {
      outcome = { error }
    })
    .finally(() => {
      finished = true
    })
  // While the scenario waits for something other than time, time passes by itself.
  await made.run(() => finished)
  await running
  await made.close()
  if (outcome !== null) throw (outcome as { error: unknown }).error
}

/** After this many steps in which the scenario went nowhere, it never will. */
const longestWait = 1_000_000
/** The same where there is nothing left to happen. */
const longestStop = 10_000

class MadeWorld implements World {
  readonly seed: number
  readonly #time: VirtualTime
  readonly #network: MemoryNetwork
  readonly #store: MemoryStore
  readonly #backplaneLatency: (() => number) | null
  readonly #members = new Map<AnyClient, Member>()
  readonly #hubs = new Map<AnyHub, string>()
  /** Resolves when the scenario has let time pass, while it does. */
  #driven: Promise<void> | null = null

  constructor(options: WorldOptions) {
    this.seed = options.seed ?? 1
    this.#time = new VirtualTime(this.seed)
    const network = this.#time.runtime('network', { work: true })
    this.#network = new MemoryNetwork(network, {
      latency: drawn(options.latency ?? [1, 20], new Random(this.seed, 'latency')) ?? (() => 0),
    })
    this.#backplaneLatency = drawn(
      options.backplaneLatency ?? [0, 5],
      new Random(this.seed, 'backplane latency'),
    )
    this.#store = new MemoryStore(this.#time.runtime('store'))
  }

  get now(): number {
    return this.#time.now
  }

  hub<C extends AnyContract = Untyped, U extends User = User>(options: HubOptions<C, U> = {}): Hub<C, U> {
    const name = `hub-${this.#hubs.size + 1}`
    const hub = new Hub<C, U>({ runtime: this.#time.runtime(name), backplane: this.#backplane(), ...options })
    this.#network.listen(name, hub)
    this.#hubs.set(hub, name)
    return hub
  }

  async client<C extends AnyContract = Untyped, U extends User = User>(
    hub: Hub<C, U>,
    token: string,
    options: Partial<Omit<ClientOptions<C>, 'token'>> = {},
  ): Promise<Client<C>> {
    const name = this.#hubs.get(hub)
    if (name === undefined) throw new RangeError('unable to connect a client: the hub is not of this world')
    const link = this.#network.link()
    const seen: (Message | Gap)[] = []
    const client = new Client<C>({
      dial: this.#network.dialer(name, { link }),
      runtime: this.#time.runtime(`client-${this.#members.size + 1} ${token}`),
      observe: (what) => seen.push(what),
      token,
      ...options,
    })
    this.#members.set(client, { link: this.#worldLink(link), seen })
    await connected(client as unknown as Client)
    return client
  }

  link(client: AnyClient): WorldLink {
    return this.#member(client).link
  }

  async advance(duration: Duration): Promise<void> {
    await this.#drive(() => this.#time.advance(milliseconds(duration)))
  }

  async settle(): Promise<void> {
    await this.#drive(() => this.#time.settle())
  }

  seen<Data = unknown>(client: AnyClient, address: string): readonly Message<Data>[] {
    const messages = this.#member(client).seen.filter((what) => what.address === address && 'event' in what)
    return messages as unknown as Message<Data>[]
  }

  gaps(client: AnyClient, address: string): readonly Gap[] {
    return this.#member(client).seen.filter(
      (what): what is Gap => what.address === address && 'reason' in what,
    )
  }

  runtime(actor: string): Runtime {
    return this.#time.runtime(actor)
  }

  /** Moves time on while the scenario waits for something else than time. */
  async run(finished: () => boolean): Promise<void> {
    for (let idle = 0; !finished(); idle++) {
      await this.#driven
      await quiet()
      if (finished() || this.#driven !== null) {
        idle = 0
        continue
      }
      const stepped = await this.#time.next()
      if (idle > (stepped ? longestWait : longestStop))
        throw new Error('unable to finish the scenario: it waits for something that no time brings')
    }
  }

  async close(): Promise<void> {
    for (const client of this.#members.keys()) client.close()
    const closing = [...this.#hubs.keys()].map((hub) => hub.close({ deadline: 1 }))
    await this.#time.advance(5_000)
    await Promise.all(closing)
  }

  async #drive(move: () => Promise<void>): Promise<void> {
    while (this.#driven !== null) await this.#driven
    const driven = move().finally(() => {
      this.#driven = null
    })
    this.#driven = driven.catch(() => {})
    await driven
  }

  #backplane(): Backplane {
    const latency = this.#backplaneLatency
    return new MemoryBackplane(this.#store, latency === null ? {} : { latency })
  }

  #worldLink(link: MemoryLink): WorldLink {
    const runtime = this.#time.runtime('link')
    let heal = (): void => {}
    return {
      cut: (duration) => {
        heal()
        link.cut()
        if (duration !== undefined) heal = runtime.timer(milliseconds(duration), () => link.restore())
      },
      restore: () => {
        heal()
        link.restore()
      },
    }
  }

  #member(client: AnyClient): Member {
    const member = this.#members.get(client)
    if (member === undefined) throw new RangeError('unable to find the client: it is not of this world')
    return member
  }
}

/** What draws a latency; `null` for none. */
function drawn(latency: Duration | readonly [Duration, Duration], random: Random): (() => number) | null {
  if (typeof latency !== 'object') {
    const fixed = milliseconds(latency)
    return fixed === 0 ? null : () => fixed
  }
  const [least, most] = [milliseconds(latency[0]), milliseconds(latency[1])]
  return () => random.between(least, most)
}

function connected(client: Pick<Client, 'status' | 'on'>): Promise<void> {
  if (client.status === 'connected') return Promise.resolve()
  return new Promise((resolve, reject) => {
    const undo = client.on('$status', ({ status, error }) => {
      if (status === 'connected') resolve()
      else if (status === 'closed') reject(error)
      else return
      undo()
    })
  })
}
