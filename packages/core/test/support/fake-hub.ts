import { Client, type ClientOptions, type Position, type Runtime, type Untyped } from '@chat/core'
import { type MemoryHost, MemoryNetwork } from '@chat/core/memory'
import { Batch, type Connection, Frame, type Sink } from '@chat/core/transport'
import { VirtualTime } from '@chat/testing'
import { expect } from 'vitest'

/** A frame as it came over the wire. */
export type RawFrame = readonly [type: string, ...elements: unknown[]]

/** What a hub answers a frame with, if anything. */
type Script = Record<string, (connection: FakeConnection, frame: RawFrame) => void>

/** What a `welcome` says; anything may be replaced. */
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

/** The same for one who goes on at a position, with more to come. */
export function replay([epoch, at, id]: Position, top = at + 1): Record<string, unknown> {
  return { epoch, at, id, top, mode: 'replay' }
}

/** A `msg` frame. */
export function msg(address: string, at: number, options: MsgOptions = {}): RawFrame {
  const { event = 'say', data = at, from = 'bob', id = `m${at}`, prev } = options
  return ['msg', address, at, event, data, from, id, ...(prev === undefined ? [] : [prev])]
}

interface MsgOptions {
  readonly event?: string
  readonly data?: unknown
  readonly from?: string | null
  readonly id?: string
  readonly prev?: number
}

/** The hub's end of one connection: records what comes, and says what it is told to. */
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

  /** The frames of one type. */
  of(type: string): RawFrame[] {
    return this.frames.filter(([name]) => name === type)
  }

  /** The types of all frames, in their order. */
  get types(): string[] {
    return this.frames.map(([type]) => type)
  }

  get hello(): Record<string, unknown> {
    return this.of('hello')[0]?.[1] as Record<string, unknown>
  }

  /** Writes one transmission; a text is a line as it is. */
  write(...frames: readonly (RawFrame | string)[]): void {
    const lines = frames.map((frame) => (typeof frame === 'string' ? frame : JSON.stringify(frame)))
    this.connection.send(Batch.root().append(new Frame(lines.join('\n'))))
  }

  close(code: number, reason = ''): void {
    this.connection.close(code, reason)
  }

  /** The connection breaks, without a word. */
  cut(): void {
    this.connection.abort(new Error('cut'))
  }
}

/** A hub that does what a script says, on the network of its stage. */
class FakeHub implements MemoryHost {
  readonly subprotocols = ['chat.v1.json']
  readonly connections: FakeConnection[] = []
  /** What the next `welcome` says besides the usual. */
  welcome: Welcome = {}
  /** Where its streams stand; what is not here is empty. */
  readonly streams = new Map<string, Record<string, unknown>>()
  /** Answers by frame type. `hello`, `join` and `leave` are answered unless said otherwise; sends are not. */
  readonly script: Script = {
    hello: (connection, frame) => connection.write(this.welcomeFor(frame)),
    join: (connection, [, ref, address]) => connection.write(['ok', ref, this.stream(address as string)]),
    leave: (connection, [, ref]) => connection.write(['ok', ref]),
    ping: (connection) => connection.write(['pong']),
  }
  readonly #now: () => number
  /** When each connection was made. */
  readonly times: number[] = []

  constructor(now: () => number) {
    this.#now = now
  }

  accept(connection: Connection): void {
    this.times.push(this.#now())
    this.connections.push(new FakeConnection(connection, this.script))
  }

  /** The connection of this number, from 0; the newest when none is given. */
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

/** How a promise stands. */
export interface Outcome<T> {
  state: 'pending' | 'resolved' | 'rejected'
  value?: T
  error?: { code?: string; cause?: unknown; message: string } & Record<string, unknown>
  /** How often it was settled, which is never more than once. */
  at?: number
}

/** A scripted hub, clients, and a clock between them. */
export class Stage {
  readonly time = new VirtualTime()
  readonly network = new MemoryNetwork(this.time.runtime('network', { work: true }))
  readonly hub = new FakeHub(() => this.time.now)
  /** Whether the hub can be reached. */
  reachable = true
  readonly clients: Client[] = []

  readonly dial = this.network.dialer('hub')

  constructor() {
    this.network.listen('hub', this.hub)
  }

  /** A client that has begun to connect. What it says of itself is recorded. */
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

  /** The same, connected. */
  async connected(options: Partial<ClientOptions<Untyped>> = {}): Promise<Client & { readonly said: Said }> {
    const client = this.client(options)
    await this.settle()
    expect(client.status).toBe('connected')
    return client
  }

  runtime: Runtime = this.time.runtime('client')

  /** What becomes of a promise, and when. */
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

/** Plays a scene. Afterwards all clients are closed, and nothing of them may be left. */
export async function play(scene: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = new Stage()
  await scene(stage)
  for (const client of stage.clients) client.close()
  // A peer that answers no close is given up after five seconds.
  await stage.advance(6_000)
  expect(stage.time.pending).toBe(0)
}
