import {
  Hub,
  type HubError,
  type HubOptions,
  type Runtime,
  type Stored,
  type Untyped,
  type User,
} from '@chat/core'
import type { Backplane } from '@chat/core/backplane'
import {
  MemoryBackplane,
  type MemoryDialOptions,
  MemoryNetwork,
  MemoryStore,
  type MemoryStoreOptions,
} from '@chat/core/memory'
import type { Connection } from '@chat/core/transport'
import { Random, VirtualTime } from '@chat/testing'
import type { WireStream } from '@chat/testing/conformance'
import { type Answer, RawClient } from './raw-client.ts'

/** How a hub reaches its backplane: in the same call, or across a network. */
export type BackplanePath = 'synchronous' | 'asynchronous'

/** Both, for `describe.each`: what a hub says must not depend on it. */
export const paths: readonly BackplanePath[] = ['synchronous', 'asynchronous']

/** A hub's options; one that is given as `undefined` takes the stage's own away. */
type Options = { readonly [K in keyof HubOptions<Untyped>]?: HubOptions<Untyped>[K] | undefined }

/** What a stage's store holds when everyone has left and everything has aged: the hub still listens for word from other nodes. */
export const nothingKept: MemoryStore['usage'] = {
  streams: 0,
  bytes: 0,
  tails: 0,
  presence: 0,
  channels: 1,
  sessions: 0,
  keys: 0,
}

/** How a {@link Stage} is set up. The hub lets everyone in under the name in the token, and allows everything. */
export interface StageOptions extends Options {
  readonly path?: BackplanePath
  readonly log?: MemoryStoreOptions
  /** Puts something between the hub and its backplane. */
  readonly wrap?: (backplane: Backplane) => Backplane
}

/** One hub under virtual time and the raw clients before it. */
export class Stage {
  readonly time: VirtualTime = new VirtualTime()
  readonly store: MemoryStore
  readonly hub: Hub
  /** What the hub told in `$error`. */
  readonly errors: HubError[] = []
  readonly #options: StageOptions
  readonly #network: MemoryNetwork
  readonly #latency = new Random(1, 'latency')
  #hubs = 0

  constructor(options: StageOptions = {}) {
    this.#options = options
    this.#network = new MemoryNetwork(this.time.runtime('network', { work: true }))
    this.store = new MemoryStore(this.#storeRuntime(), options.log)
    this.hub = this.another()
    this.hub.on('$error', (error) => {
      this.errors.push(error)
    })
  }

  /** What was thrown, as text, of everything the hub told in `$error`. */
  get faults(): string[] {
    return this.errors.map(({ error }) => String(error))
  }

  /** One more hub on the same store; clients reach it under the number it has. */
  another(options: Options = {}): Hub {
    const { path, wrap = (backplane: Backplane) => backplane, log: _, ...given } = this.#options
    const latency = path === 'asynchronous' ? { latency: () => this.#latency.between(1, 6) } : {}
    const hub: Hub = new Hub({
      authenticate: ({ token }): User | null => (token === null ? null : { id: token }),
      authorize: () => true,
      backplane: wrap(new MemoryBackplane(this.store, latency)),
      runtime: this.time.runtime(`hub ${++this.#hubs}`),
      ...given,
      ...options,
    } as HubOptions<Untyped>)
    this.#network.listen(`hub ${this.#hubs}`, hub)
    return hub
  }

  /** A connection on which nothing was said yet. */
  async open(handshake: MemoryDialOptions = {}, to = 1): Promise<RawClient> {
    return new RawClient(await this.dial(['chat.v1.json'], handshake, to), () => this.settle())
  }

  /** A client that was welcomed. */
  async client(token: string, extra: Readonly<Record<string, unknown>> = {}, to = 1): Promise<RawClient> {
    const client = await this.open({}, to)
    await client.hello(token, extra)
    return client
  }

  /** Another connection, on which the session of a client is resumed. */
  async resume(
    older: RawClient,
    options: { n?: number; secret?: string; token?: string; streams?: unknown; to?: number } = {},
  ): Promise<RawClient> {
    const { session, user } = older.welcome
    const { n = 1, secret = session.secret, token = user, streams, to = 1 } = options
    const extra = streams === undefined ? {} : { streams }
    return this.client(token, { session: { id: session.id, secret, n }, ...extra }, to)
  }

  /** A bare link to the hub. */
  async dial(protocols: readonly string[], handshake: MemoryDialOptions = {}, to = 1): Promise<Connection> {
    const dialled = this.#network.dialer(
      `hub ${to}`,
      handshake,
    )({ protocols, signal: new AbortController().signal })
    await this.time.settle()
    return dialled
  }

  /** Ends a client's connection without a word, as a network does. */
  async drop(client: RawClient): Promise<void> {
    client.connection.abort(new Error('the network is gone'))
    await this.settle()
  }

  /** Publishes for the hub itself, and lets everything happen that follows. */
  async publish(address: string, ...data: unknown[]): Promise<Stored[]> {
    const sent = data.map((item) => this.hub.to(address).send('say', item))
    await this.settle()
    return Promise.all(sent)
  }

  /** Lets everything happen that is under way; time passes only as far as that takes. */
  settle(): Promise<void> {
    return this.time.settle()
  }

  /** Lets time pass. */
  advance(milliseconds: number): Promise<void> {
    return this.time.advance(milliseconds)
  }

  /** The way to the backplane counts as something under way; the store's housekeeping does not. */
  #storeRuntime(): Runtime {
    const [working, waiting] = [this.time.runtime('store', { work: true }), this.time.runtime('housekeeping')]
    return {
      ...working,
      timer: (delay, callback, purpose) => (purpose === 'upkeep' ? waiting : working).timer(delay, callback),
    }
  }
}

/** Sets a hub up; a test that names no path takes the synchronous one. */
export const stage = (options: StageOptions = {}): Stage => new Stage(options)

/** What an answer says, in short: `ok`, or the code of the refusal. */
export const outcome = (answer: Answer | null): string =>
  answer === null ? 'none' : answer.ok ? 'ok' : answer.code

/** The position in a `Stored`, in the start of a log, or in the `ok` of a send. */
export function position(given: object): [epoch: string, at: number, id: string | null] {
  if ('position' in given) return given.position as [string, number, string]
  const { epoch, at, id } = given as WireStream
  return [epoch, at, id]
}

/** The fields by which frames name the position of a message that was stored. */
export function wirePosition(stored: Stored | undefined): { epoch: string; at: number; id: string | null } {
  if (stored === undefined) throw new Error('no message was stored')
  const [epoch, at, id] = stored.position
  return { epoch, at, id }
}

/** A backplane in which some operations are others. */
export function altered(backplane: Backplane, operations: Partial<Backplane>): Backplane {
  return new Proxy(backplane, {
    get(target, name: keyof Backplane) {
      const own = operations[name] ?? target[name]
      return typeof own === 'function' ? own.bind(target) : own
    },
  })
}

/** Arrays inside arrays, `[]` being 1. */
export const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

/** A promise and what settles it. */
export function deferred<T>(): {
  promise: Promise<T>
  resolve: (value: T) => void
  reject: (error: unknown) => void
} {
  let resolve: (value: T) => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
