import { Client, type ClientOptions, type Position, type Runtime, type Untyped } from '@chat/core'
import { MemoryNetwork } from '@chat/core/memory'
import { Batch, type Connection, Frame, type Sink, type TransportHub } from '@chat/core/transport'
import { VirtualTime } from '@chat/testing'
import { expect } from 'vitest'

/** A frame as it was received. */
export type RawFrame = readonly [type: string, ...elements: unknown[]]

/** Reactions of a hub to frames, by frame type. */
type Script = Record<string, (connection: FakeConnection, frame: RawFrame) => void>

/** Fields of a `welcome` that a test replaces. */
type Welcome = Record<string, unknown>

export const limits = {
  frame: 65_536,
  transmission: 262_144,
  depth: 64,
  rooms: 128,
  inflight: 64,
  rate: 10_000,
  burst: 10_000,
  queue: 1_048_576,
  replay: 10_000,
}

/** An answer to a join, and an entry of `welcome.streams`. */
export function live(at = 0, epoch = 'e1'): Record<string, unknown> {
  return { epoch, at, id: at === 0 ? null : `m${at}`, top: at, mode: 'live' }
}

/** The same for a client that continues from a position, with a replay to follow. */
export function replay([epoch, at, id]: Position, top = at + 1): Record<string, unknown> {
  return { epoch, at, id, top, mode: 'replay' }
}

/** A `msg` frame. */
export function msg(address: string, at: number, options: MsgOptions = {}): RawFrame {
  const { event = 'say', data = at, from = 'bob', id = `m${at}`, time = at, prev, meta } = options
  const tail = meta === undefined ? (prev === undefined ? [] : [prev]) : [prev ?? null, meta]
  return ['msg', address, at, event, data, from, id, time, ...tail]
}

interface MsgOptions {
  readonly event?: string
  readonly data?: unknown
  readonly from?: string | null
  readonly id?: string
  readonly time?: number
  readonly prev?: number
  readonly meta?: object
}

/**
 * The hub's side of a connection. It records received frames, and writes only frames that a test or script
 * gives it.
 */
class FakeConnection implements Sink {
  readonly connection: Connection
  readonly transmissions: string[] = []
  readonly frames: RawFrame[] = []
  closedWith: { code: number; reason: string } | null = null
  readonly #script: Script

  constructor(connection: Connection, script: Script) {
    this.connection = connection
    this.#script = script
    connection.attach(this)
  }

  receive(transmission: string | Uint8Array): void {
    this.transmissions.push(String(transmission))
    for (const line of String(transmission).split('\n')) {
      const frame = JSON.parse(line) as RawFrame
      this.frames.push(frame)
      this.#script[frame[0]]?.(this, frame)
    }
  }

  drain(): void {}

  closed(code: number, reason: string): void {
    this.closedWith = { code, reason }
  }

  /** Returns the received frames of a type. */
  of(type: string): RawFrame[] {
    return this.frames.filter(([name]) => name === type)
  }

  /** Types of all received frames, in their order. */
  get types(): string[] {
    return this.frames.map(([type]) => type)
  }

  get hello(): Record<string, unknown> {
    return this.of('hello')[0]?.[1] as Record<string, unknown>
  }

  /** Writes one transmission; a text passes unchanged as a line. */
  write(...frames: readonly (RawFrame | string)[]): void {
    const lines = frames.map((frame) => (typeof frame === 'string' ? frame : JSON.stringify(frame)))
    this.connection.send(Batch.root().append(new Frame(lines.join('\n'))))
  }

  close(code: number, reason = ''): void {
    this.connection.close(code, reason)
  }

  /** Breaks the connection without a close frame. */
  cut(): void {
    this.connection.abort(new Error('cut'))
  }
}

/** A scripted hub on the network of its stage. */
class FakeHub implements Pick<TransportHub, 'subprotocols' | 'accept'> {
  readonly subprotocols = ['chat.v1.json']
  readonly connections: FakeConnection[] = []
  /** Additional fields of the next `welcome`. */
  welcome: Welcome = {}
  /** Starts of its logs by address; a missing log is empty. */
  readonly streams = new Map<string, Record<string, unknown>>()
  /** Answers by frame type. By default `hello`, `join` and `leave` are answered, and sends are not. */
  readonly script: Script = {
    hello: (connection, frame) => connection.write(this.welcomeFor(frame)),
    join: (connection, [, ref, address]) => connection.write(['ok', ref, this.stream(address as string)]),
    leave: (connection, [, ref]) => connection.write(['ok', ref]),
    ping: (connection) => connection.write(['pong']),
  }
  readonly #now: () => number
  /** Time of each connection. */
  readonly times: number[] = []

  constructor(now: () => number) {
    this.#now = now
  }

  accept(connection: Connection): void {
    this.times.push(this.#now())
    this.connections.push(new FakeConnection(connection, this.script))
  }

  /** Returns a connection by its number, from 0. Default: the newest. */
  at(index = this.connections.length - 1): FakeConnection {
    const connection = this.connections[index]
    if (connection === undefined) throw new Error(`there is no connection ${index}`)
    return connection
  }

  stream(address: string): Record<string, unknown> {
    return this.streams.get(address) ?? live()
  }

  welcomeFor(hello: RawFrame): RawFrame {
    const { streams, session } = hello[1] as { streams: Record<string, unknown>; session?: { id: string } }
    const user = (this.welcome['user'] as string | undefined) ?? 'alice'
    const addresses = new Set(['*', `@${user}`, ...Object.keys(streams)])
    const number = this.connections.length
    return [
      'welcome',
      {
        v: 1,
        session: { id: session?.id ?? `session${number}`, secret: `secret${number}` },
        user,
        resumed: session !== undefined,
        node: 'node',
        heartbeat: 25_000,
        grace: 10_000,
        limits,
        durability: 'node',
        features: [],
        streams: Object.fromEntries([...addresses].map((address) => [address, this.stream(address)])),
        ...this.welcome,
      },
    ]
  }

  /** Answers every send, as a log that starts at 1. */
  storeSends(): void {
    let at = 0
    this.script['send'] = (connection, [, ref]) =>
      connection.write(['ok', ref, { epoch: 'e1', at: ++at, id: `session1.${ref}` }])
  }
}

/** Outcome of a promise. */
export interface Outcome<T> {
  state: 'pending' | 'resolved' | 'rejected'
  value?: T
  error?: { code?: string; cause?: unknown; message: string } & Record<string, unknown>
  /** Time at which the promise was settled. */
  at?: number
}

/** A scripted hub, clients, and a virtual clock. */
export class Stage {
  readonly time = new VirtualTime()
  readonly network = new MemoryNetwork(this.time.runtime('network', { work: true }))
  readonly hub = new FakeHub(() => this.time.now)
  /** `true` while the hub can be reached. */
  reachable = true
  readonly clients: Client[] = []

  readonly dial = this.network.dialer('hub')

  constructor() {
    this.network.listen('hub', this.hub)
  }

  /** Creates a client, which starts to connect. Its events are recorded. */
  client(options: Partial<ClientOptions<Untyped>> = {}): Client & { readonly said: Said } {
    const said: Said = { status: [], errors: [], gaps: [] }
    const client = new Client({
      dial: (how) => (this.reachable ? this.dial(how) : Promise.reject(new Error('out of reach'))),
      runtime: this.runtime,
      ...options,
    })
    client.on('$status', (change) => said.status.push(change))
    client.on('$error', (error) => said.errors.push(error))
    client.on('$gap', (gap) => said.gaps.push(gap))
    this.clients.push(client)
    return Object.assign(client, { said })
  }

  /** Creates a client, and waits until it is connected. */
  async connected(options: Partial<ClientOptions<Untyped>> = {}): Promise<Client & { readonly said: Said }> {
    const client = this.client(options)
    await this.settle()
    expect(client.status).toBe('connected')
    return client
  }

  runtime: Runtime = this.time.runtime('client')

  /** Records the outcome of a promise, and its time. */
  watch<T>(promise: Promise<T>): Outcome<T> {
    const outcome: Outcome<T> = { state: 'pending' }
    promise.then(
      (value) => Object.assign(outcome, { state: 'resolved', value, at: this.time.now }),
      (error) => Object.assign(outcome, { state: 'rejected', error, at: this.time.now }),
    )
    return outcome
  }

  advance(ms: number): Promise<void> {
    return this.time.advance(ms)
  }

  settle(): Promise<void> {
    return this.time.settle()
  }
}

export interface Said {
  readonly status: {
    readonly status: string
    readonly error?: { code: string; message: string } | undefined
  }[]
  readonly errors: { readonly error: unknown; readonly subject?: string | undefined }[]
  readonly gaps: unknown[]
}

/** Runs a scene. Afterwards it closes all clients, and no timer may be pending. */
export async function play(scene: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = new Stage()
  await scene(stage)
  for (const client of stage.clients) client.close()
  // A client gives up after five seconds on a peer that answers no close.
  await stage.advance(6_000)
  expect(stage.time.pending).toBe(0)
}
