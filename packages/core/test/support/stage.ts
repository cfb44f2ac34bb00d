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

/** Path from a hub to its backplane: in the same call, or across a network. */
export type BackplanePath = 'synchronous' | 'asynchronous'

/** Both paths, for `describe.each`: the frames of a hub must not depend on the path. */
export const paths: readonly BackplanePath[] = ['synchronous', 'asynchronous']

/** Options of a hub. An option that is `undefined` removes the default of the stage. */
type Options = { readonly [K in keyof HubOptions<Untyped>]?: HubOptions<Untyped>[K] | undefined }

/** Usage of a stage's store for one hub that is listed among the living nodes: its lease and its record. */
export const listedNode = { presence: 2, bytes: 719 } as const

/**
 * Usage of a stage's store after all sessions have left and all entries have expired. The hub still listens
 * to other nodes, and is listed.
 */
export const nothingKept: MemoryStore['usage'] = {
  ...listedNode,
  streams: 0,
  tails: 0,
  channels: 2,
  sessions: 0,
  keys: 0,
}

/** Options of a {@link Stage}. By default the hub takes the user from the token, and allows every action. */
export interface StageOptions extends Options {
  readonly path?: BackplanePath
  readonly log?: MemoryStoreOptions | undefined
  /** Wraps the backplane of the hub. */
  readonly wrap?: (backplane: Backplane) => Backplane
  /** Whether the stage listens to `$error`. Default: true. */
  readonly listens?: boolean
  /** Takes the errors that nothing listens to. */
  readonly report?: Runtime['report']
  /** Called with each timer that a hub sets. */
  readonly onTimer?: (delay: number, purpose: 'upkeep' | undefined) => unknown
}

/** A hub in virtual time, with raw clients. */
export class Stage {
  readonly time: VirtualTime = new VirtualTime()
  readonly store: MemoryStore
  readonly hub: Hub
  /** Events of `$error`. */
  readonly errors: HubError[] = []
  readonly #options: StageOptions
  readonly #network: MemoryNetwork
  readonly #latency = new Random(1, 'latency')
  /** The hubs, in the order in which they were made. */
  readonly hubs: Hub[] = []

  constructor(options: StageOptions = {}) {
    this.#options = options
    this.#network = new MemoryNetwork(this.time.runtime('network', { work: true }))
    this.store = new MemoryStore(this.#storeRuntime(), options.log)
    this.hub = this.another()
    if (options.listens === false) return
    this.hub.on('$error', (error) => {
      this.errors.push(error)
    })
  }

  /** Errors of all `$error` events, as text. */
  get faults(): string[] {
    return this.errors.map(({ error }) => String(error))
  }

  /** Creates another hub on the same store. Clients reach it under its number. */
  another(options: Options = {}): Hub {
    const { path, wrap = (backplane: Backplane) => backplane, ...rest } = this.#options
    const { log: _, listens: __, report, onTimer, ...given } = rest
    const virtual = this.time.runtime(`hub ${this.hubs.length + 1}`)
    const runtime: Runtime = {
      ...virtual,
      timer: (delay, callback, purpose) => {
        onTimer?.(delay, purpose)
        return virtual.timer(delay, callback, purpose)
      },
    }
    const latency = path === 'asynchronous' ? { latency: () => this.#latency.between(1, 6) } : {}
    const hub: Hub = new Hub({
      authenticate: ({ token }): User | null => (token === null ? null : { id: token }),
      authorize: () => true,
      backplane: wrap(new MemoryBackplane(this.store, latency)),
      runtime: report === undefined ? runtime : { ...runtime, report },
      ...given,
      ...options,
    } as HubOptions<Untyped>)
    this.hubs.push(hub)
    this.#network.listen(`hub ${this.hubs.length}`, hub)
    return hub
  }

  /** Opens a connection without `hello`. */
  async open(handshake: MemoryDialOptions = {}, to = 1): Promise<RawClient> {
    return new RawClient(await this.dial(['chat.v1.json'], handshake, to), () => this.settle())
  }

  /** Connects a client, and takes the `welcome`. */
  async client(token: string, extra: Readonly<Record<string, unknown>> = {}, to = 1): Promise<RawClient> {
    const client = await this.open({}, to)
    await client.hello(token, extra)
    return client
  }

  /** Resumes the session of a client on another connection. */
  async resume(
    older: RawClient,
    options: { n?: number; secret?: string; token?: string; streams?: unknown; to?: number } = {},
  ): Promise<RawClient> {
    const { session, user } = older.welcome
    const { n = 1, secret = session.secret, token = user, streams, to = 1 } = options
    const extra = streams === undefined ? {} : { streams }
    return this.client(token, { session: { id: session.id, secret, n }, ...extra }, to)
  }

  /** Dials a plain connection to the hub. */
  async dial(protocols: readonly string[], handshake: MemoryDialOptions = {}, to = 1): Promise<Connection> {
    const dialled = this.#network.dialer(
      `hub ${to}`,
      handshake,
    )({ protocols, signal: new AbortController().signal })
    await this.time.settle()
    return dialled
  }

  /** Ends a client's connection without a close frame, as a network does. */
  async drop(client: RawClient): Promise<void> {
    client.connection.abort(new Error('the network is gone'))
    await this.settle()
  }

  /** Publishes as the hub, and waits until all consequences have happened. */
  async publish(address: string, ...data: unknown[]): Promise<Stored[]> {
    const sent = data.map((item) => this.hub.to(address).send('say', item))
    await this.settle()
    return Promise.all(sent)
  }

  /** Waits until all running work has completed. Time passes only as far as that needs. */
  settle(): Promise<void> {
    return this.time.settle()
  }

  /** Resolves as a promise of the hub does, after all running work has completed. */
  async settled<T>(promise: Promise<T>): Promise<T> {
    promise.catch(() => {})
    await this.settle()
    return promise
  }

  /** Lets time pass. */
  advance(milliseconds: number): Promise<void> {
    return this.time.advance(milliseconds)
  }

  /** Counts the latency of the backplane as running work, but not the upkeep of the store. */
  #storeRuntime(): Runtime {
    const [working, waiting] = [this.time.runtime('store', { work: true }), this.time.runtime('housekeeping')]
    return {
      ...working,
      timer: (delay, callback, purpose) => (purpose === 'upkeep' ? waiting : working).timer(delay, callback),
    }
  }
}

/** Creates a stage. Default path: synchronous. */
export const stage = (options: StageOptions = {}): Stage => new Stage(options)

/** Returns the outcome of an answer: `ok`, or the error code. */
export const outcome = (answer: Answer | null): string =>
  answer === null ? 'none' : answer.ok ? 'ok' : answer.code

/** Returns the position in a `Stored`, in the start of a log, or in the `ok` of a send. */
export function position(given: object): [epoch: string, at: number, id: string | null] {
  if ('position' in given) return given.position as [string, number, string]
  const { epoch, at, id } = given as WireStream
  return [epoch, at, id]
}

/** Returns the fields by which frames name the position of a stored message. */
export function wirePosition(stored: Stored | undefined): { epoch: string; at: number; id: string | null } {
  if (stored === undefined) throw new Error('no message was stored')
  const [epoch, at, id] = stored.position
  return { epoch, at, id }
}

/** Returns a backplane in which some operations are replaced. */
export function altered(backplane: Backplane, operations: Partial<Backplane>): Backplane {
  return new Proxy(backplane, {
    get(target, name: keyof Backplane) {
      const own = operations[name] ?? target[name]
      return typeof own === 'function' ? own.bind(target) : own
    },
  })
}

/** Returns nested arrays as JSON; `[]` has depth 1. */
export const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

/** Returns a promise and the functions that settle it. */
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
