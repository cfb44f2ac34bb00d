import { ChatError, type Position, type Undo } from '@chat/core'
import type {
  AppendKey,
  AppendResult,
  Backplane,
  BackplaneCapabilities,
  LogHead,
  LogHint,
  LogPage,
  LogRange,
  NewMessage,
  PresenceStore,
  SessionStore,
} from '@chat/core/backplane'
import { checkJetStream, checkVersion } from './connection/check-server.ts'
import { connectTo, loadClient } from './connection/connect.ts'
import { Link } from './connection/link.ts'
import { ServerClock } from './connection/server-clock.ts'
import { unavailable } from './connection/unavailable.ts'
import { Cells } from './jetstream/cell.ts'
import { JetStream } from './jetstream/jetstream.ts'
import { PageReader } from './jetstream/page-reader.ts'
import { keptFor, Streams, streamConfigs } from './jetstream/streams.ts'
import { Chain } from './log/chain.ts'
import { LogContext } from './log/log-context.ts'
import { NatsLogs } from './log/nats-logs.ts'
import { Names } from './names.ts'
import { type CheckedOptions, checkBackplaneOptions, type NatsBackplaneOptions, starting } from './options.ts'
import { Leases } from './presence/leases.ts'
import { PresenceContext } from './presence/presence-context.ts'
import { NatsPresenceStore } from './presence/presence-store.ts'
import { Recovery } from './recovery.ts'
import { NatsSessionStore } from './sessions/session-store.ts'

/** Maximum size of a message, in bytes, where the server allows it. */
const largestPayload = 524_288
/** Bytes of a message of NATS that keys, headers and the other messages of a lot may take. */
const reserve = 131_072
/** Bytes of a member of a room, at most, with a state of some words. */
const memberBytes = 190
/** Milliseconds between two comparisons of this node's clock with the server's. */
const clockInterval = 60_000
/** Number of timeouts of a request that the start may take. */
const startTimeouts = 4
/** Milliseconds between two attempts to start. */
const startPause = 100

/**
 * Connects to NATS and makes the backplane of a node. Nodes with the same servers and prefix form a cluster.
 *
 * ```ts
 * const backplane = await natsBackplane({ servers: 'nats://127.0.0.1:4222', prefix: 'chat' })
 * const hub = new Hub({ backplane, authenticate })
 * ```
 *
 * @throws UsageError when an option cannot work, when the server is too old, has no JetStream or refuses the
 * credentials, and when the streams hold data of another version.
 * @throws ChatError with the code `unavailable` when no server answers, or JetStream has no leader for four times
 * the `timeout`.
 */
export async function natsBackplane(options: NatsBackplaneOptions = {}): Promise<Backplane> {
  const checked = checkBackplaneOptions(options)
  const client = checked.client ?? (await loadClient())
  const connection = await connectTo(client, checked)
  const link = new Link(client, connection, checked.runtime, checked.timeout)
  try {
    checkVersion(link, checked)
    const backplane = new NatsBackplane(link, checked)
    await backplane.start()
    return backplane
  } catch (error) {
    await link.close()
    throw error
  }
}

/** The backplane of a node over NATS JetStream. */
class NatsBackplane implements Backplane {
  readonly capabilities: BackplaneCapabilities
  readonly sessions: SessionStore
  readonly presence: PresenceStore
  readonly #options: CheckedOptions
  readonly #names: Names
  readonly #link: Link
  readonly #jetstream: JetStream
  readonly #streams: Streams
  readonly #clock: ServerClock
  readonly #pages: PageReader
  readonly #logs: NatsLogs
  #recovery: Recovery | null = null
  #measuring: Undo | null = null
  #underWay = 0
  #idle: (() => void) | null = null
  #closing: Promise<void> | null = null

  constructor(link: Link, options: CheckedOptions) {
    const { runtime, timeout, dedupeWindow, retention, prefix } = options
    this.#options = options
    this.#link = link
    this.#names = new Names(prefix)
    this.#jetstream = new JetStream(link)
    this.#streams = new Streams(this.#jetstream, streamConfigs(this.#names, options))
    this.#clock = new ServerClock(runtime)
    this.#pages = new PageReader(link, this.#jetstream, runtime, timeout)
    const shared = { runtime, clock: this.#clock, jetstream: this.#jetstream, names: this.#names, link }
    const chain = new Chain(this.#jetstream, this.#pages, this.#names)
    const context = new LogContext({ ...shared, chain, dedupeWindow, age: retention.age })
    this.#logs = new NatsLogs({ ...shared, context, age: keptFor(retention) })
    this.capabilities = capabilitiesOf(link, options)
    this.sessions = this.#makeSessions(context)
    this.presence = this.#makePresence(this.capabilities.largestRoom ?? 0)
  }

  async start(): Promise<void> {
    await this.#untilReady(async () => {
      await checkJetStream(this.#jetstream, this.#link)
      await this.#restore()
    })
    this.#recovery = new Recovery(this.#link, this.#options.runtime, {
      lost: () => this.#logs.doubt(),
      restore: () => this.#restore(),
    })
    this.#jetstream.onDoubt = () => this.#recovery?.doubt()
    this.#measureLater()
  }

  append(
    stream: string,
    message: NewMessage,
    key: AppendKey,
    expected?: Position | null,
  ): Promise<AppendResult> {
    return this.#count(this.#logs.append(stream, message, key, expected))
  }

  find(stream: string, key: AppendKey): Promise<AppendResult | null> {
    return this.#count(this.#logs.find(stream, key))
  }

  read(stream: string, range: LogRange): Promise<LogPage> {
    return this.#count(this.#logs.read(stream, range))
  }

  heads(streams: readonly string[]): Promise<readonly LogHead[]> {
    return this.#count(this.#logs.heads(streams))
  }

  tail(stream: string, listener: (hint: LogHint) => void): Undo {
    return this.#logs.tail(stream, listener)
  }

  bump(stream: string, epoch: string): Promise<void> {
    return this.#count(this.#logs.bump(stream, epoch))
  }

  redact(stream: string, position: Position): Promise<boolean> {
    return this.#count(this.#logs.redact(stream, position))
  }

  publish(channel: string, text: string): void {
    this.#link.publish(this.#names.channel(channel), text)
  }

  subscribe(channel: string, listener: (text: string) => void): Undo {
    return this.#link.listen(this.#names.channel(channel), ({ data }) =>
      listener(Buffer.from(data).toString()),
    )
  }

  onReconnect(listener: () => void): Undo {
    return this.#recovery?.onRecovered(listener) ?? (() => {})
  }

  async probe(): Promise<void> {
    const { logStream, openStream, sessionStream, presenceStream, clock, leases } = this.#names
    await Promise.all([
      this.#jetstream.last(logStream, this.#names.log('')),
      this.#jetstream.last(openStream, this.#names.log('^')),
      this.#jetstream.last(sessionStream, clock),
      this.#jetstream.last(presenceStream, leases),
    ])
    if (this.#recovery?.underWay) throw unavailable('reach JetStream', 'the streams are being restored')
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }
  async #close(): Promise<void> {
    this.#measuring?.()
    this.#recovery?.close()
    this.#logs.close()
    if (this.#underWay > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
    await this.#pages.settled()
    await this.#link.close()
  }

  /** Repeats the start while a cluster chooses leaders and makes streams. */
  async #untilReady(start: () => Promise<void>): Promise<void> {
    const { runtime, timeout } = this.#options
    const end = runtime.now() + startTimeouts * timeout
    for (;;) {
      try {
        return await start()
      } catch (error) {
        if (!isUnavailable(error) || runtime.now() > end) throw error
        await new Promise<void>((resolve) => runtime.timer(startPause, resolve))
      }
    }
  }

  async #restore(): Promise<void> {
    const made = await this.#streams.ensure()
    await this.#clock.measure(() => this.#stamp())
    const { logStream, openStream } = this.#names
    if (made.includes(logStream) || made.includes(openStream)) this.#logs.forget()
  }

  /** Stores a message, and resolves with the time at which the server has stored it. */
  async #stamp(): Promise<number> {
    const sequence = await this.#jetstream.publish(this.#names.clock, '', null)
    const stored = await this.#jetstream.last(this.#names.sessionStream, this.#names.clock)
    if (stored === null || sequence === null)
      throw unavailable(starting, 'the clock of the server cannot be read')
    return stored.time
  }

  #measureLater(): void {
    const measure = (): void => {
      // After a loss of the connection, its return measures again.
      if (this.#link.connected) this.#clock.measure(() => this.#stamp()).catch(() => {})
      this.#measureLater()
    }
    this.#measuring = this.#options.runtime.timer(clockInterval, measure, 'upkeep')
  }

  #makeSessions(context: LogContext): NatsSessionStore {
    const { runtime, sessions } = this.#options
    return new NatsSessionStore({
      cells: new Cells(this.#jetstream, this.#names.sessionStream),
      names: this.#names,
      clock: this.#clock,
      age: sessions.age,
      newMark: () => runtime.id(10),
      onTime: (time) => context.noteSessionTime(time),
    })
  }

  #makePresence(largestRoom: number): NatsPresenceStore {
    const { runtime, sessions } = this.#options
    const names = this.#names
    const cells = new Cells(this.#jetstream, names.presenceStream)
    const shared = { clock: this.#clock, cells, jetstream: this.#jetstream, link: this.#link, names }
    const leases = new Leases(cells, names, this.#clock, () => runtime.id(10))
    const context = new PresenceContext({ ...shared, leases, largestRoom })
    return new NatsPresenceStore({ context, link: this.#link, names, runtime, age: sessions.age })
  }

  /** Counts an operation as under way until it ends: `close` waits for it. */
  async #count<T>(operation: Promise<T>): Promise<T> {
    this.#underWay++
    try {
      return await operation
    } finally {
      this.#underWay--
      if (this.#underWay === 0) this.#idle?.()
    }
  }
}

const isUnavailable = (error: unknown): boolean => error instanceof ChatError && error.code === 'unavailable'

function capabilitiesOf(link: Link, { replicas, dedupeWindow }: CheckedOptions): BackplaneCapabilities {
  return {
    name: 'nats',
    durability: replicas > 1 ? 'replicated' : 'log',
    hints: 'lossy',
    reverseReads: true,
    dedupeWindow,
    largestPayload: Math.min(largestPayload, link.maxPayload - reserve),
    largestRoom: Math.max(1, Math.floor((link.maxPayload - reserve / 2) / memberBytes)),
  }
}
