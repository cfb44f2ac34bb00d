import type {
  AppendKey,
  AppendResult,
  LogEntry,
  LogHint,
  LogPage,
  LogRange,
  OutgoingMessage,
} from '../../backplane/backplane.ts'
import type { Runtime, Undo } from '../../runtime/runtime.ts'
import { Dedupe } from './dedupe.ts'
import { addListener } from './listeners.ts'
import { MemoryPresenceStore } from './presence-store.ts'
import { MemorySessionStore } from './session-store.ts'
import { type Retention, StreamLog } from './stream-log.ts'

/** What a {@link MemoryStore} keeps. */
export interface MemoryStoreOptions {
  /** How much of a stream is kept; a function decides by its address. */
  readonly retention?: Retention | ((stream: string) => Retention)
  /** Bytes of all streams together. Above it those written longest ago are forgotten as a whole. Default: 256 MiB. */
  readonly bytes?: number
  /** For how long a repetition is recognised, in milliseconds. Default: 120 000. */
  readonly dedupeWindow?: number
  /** How many sessions are remembered; above it the oldest are forgotten. Default: 50 000. */
  readonly sessions?: number
  /** Called with everything that is stored, in its order: for the invariants of a simulation. Must not throw. */
  readonly observe?: (stream: string, epoch: string, entry: LogEntry) => void
}

const defaultRetention: Required<Retention> = { count: 10_000, bytes: 16 * 1024 * 1024, age: 3_600_000 }
const sweepInterval = 30_000

/**
 * What the nodes of a cluster share, in memory: logs, dedupe, sessions, channels. An instance, never a module-level
 * map: two stores know nothing of each other.
 */
export class MemoryStore {
  readonly runtime: Runtime
  readonly dedupeWindow: number
  /** @internal */
  readonly sessions: MemorySessionStore
  /** @internal */
  readonly presence: MemoryPresenceStore
  readonly #streams = new Map<string, StreamLog>()
  readonly #tails = new Map<string, Set<(hint: LogHint) => void>>()
  readonly #channels = new Map<string, Set<(value: unknown) => void>>()
  readonly #dedupe: Dedupe
  readonly #retention: (stream: string) => Required<Retention>
  readonly #capacity: number
  readonly #observe: MemoryStoreOptions['observe']
  #bytes = 0
  #sweeping: Undo | null = null
  /**
   * The epoch of streams that are made now. It changes when a stream that had messages is forgotten: made anew, that one must not
   * continue its old offsets, while one that never had any may be forgotten and made anew without anyone noticing.
   */
  #epoch: string

  constructor(runtime: Runtime, options: MemoryStoreOptions = {}) {
    const { retention = {} } = options
    this.runtime = runtime
    this.dedupeWindow = options.dedupeWindow ?? 120_000
    const capacity = options.sessions ?? 50_000
    this.sessions = new MemorySessionStore(runtime, capacity)
    this.presence = new MemoryPresenceStore(runtime, capacity)
    this.#dedupe = new Dedupe(this.dedupeWindow)
    this.#capacity = options.bytes ?? 256 * 1024 * 1024
    const of = typeof retention === 'function' ? retention : () => retention
    this.#retention = (stream) => ({ ...defaultRetention, ...of(stream) })
    this.#observe = options.observe
    this.#epoch = runtime.id(10)
  }

  /** How much is held, for tests and metrics; all of it goes back to zero when everyone has left and everything has aged. */
  get usage(): {
    streams: number
    bytes: number
    tails: number
    channels: number
    sessions: number
    presence: number
    keys: number
  } {
    return {
      streams: this.#streams.size,
      bytes: this.#bytes,
      tails: this.#tails.size,
      channels: this.#channels.size,
      sessions: this.sessions.size,
      presence: this.presence.size,
      keys: this.#dedupe.size,
    }
  }

  append(stream: string, message: OutgoingMessage, key: AppendKey): AppendResult {
    const now = this.runtime.now()
    const known = this.#dedupe.find(stream, key, now)
    if (known !== null) return known
    const log = this.#log(stream)
    const bytes = message.json.length + message.event.length + message.id.length
    const prev = log.top
    const entry = log.append(message, bytes, now)
    this.#account(bytes)
    this.#observe?.(stream, log.epoch, entry)
    this.#trim(stream, log, now)
    const stored = { epoch: log.epoch, at: entry.at, id: entry.id, by: key.by }
    this.#dedupe.remember(stream, key, { outcome: 'duplicate', ...stored }, now)
    this.#sweepLater()
    const hint: LogHint = { epoch: log.epoch, prev, entry, json: message.json }
    for (const listener of this.#tails.get(stream) ?? []) listener(hint)
    return { outcome: 'stored', ...stored }
  }

  find(stream: string, key: AppendKey): AppendResult | null {
    return this.#dedupe.find(stream, key, this.runtime.now())
  }

  read(stream: string, range: LogRange): LogPage {
    const log = this.#streams.get(stream)
    if (log === undefined) return new StreamLog(this.#epoch, 0).read(range)
    this.#trim(stream, log, this.runtime.now())
    return log.read(range)
  }

  tail(stream: string, listener: (hint: LogHint) => void): Undo {
    // While somebody listens the stream stays, and with it the epoch that the listener was told.
    this.#log(stream)
    return addListener(this.#tails, stream, listener)
  }

  bump(stream: string, epoch: string): void {
    const log = this.#streams.get(stream)
    if (log?.epoch === epoch) log.epoch = this.runtime.id(10)
  }

  publish(channel: string, value: unknown): void {
    for (const listener of this.#channels.get(channel) ?? []) listener(value)
  }

  subscribe(channel: string, listener: (value: unknown) => void): Undo {
    return addListener(this.#channels, channel, listener)
  }

  /** Loses everything, as a broker does that is restarted without its disk. */
  wipe(): void {
    this.#streams.clear()
    this.#dedupe.clear()
    this.sessions.clear()
    this.presence.clear()
    this.#bytes = 0
    this.#epoch = this.runtime.id(10)
    for (const stream of this.#tails.keys()) this.#log(stream)
  }

  /** Loses the newest entries of a stream, and what was known of them, in the same epoch: as a failover to a replica that lags does. Answers the new top. */
  rollback(stream: string, count: number): number {
    const log = this.#streams.get(stream)
    if (log === undefined) return 0
    const before = log.bytes
    for (let i = 0; i < count; i++) log.trimLast()
    this.#bytes += log.bytes - before
    this.#dedupe.rollback(stream, log.top)
    return log.top
  }

  /** The streams that have entries or listeners. */
  get streams(): string[] {
    return [...this.#streams.keys()]
  }

  /** Lets go of all but the newest entries of a stream. */
  trim(stream: string, keep: number): void {
    const log = this.#streams.get(stream)
    if (log === undefined) return
    const before = log.bytes
    while (log.size > keep) log.trimFirst()
    this.#bytes += log.bytes - before
  }

  /** Forgets a stream as a whole, as it does with those written longest ago when it is full: made anew it has another epoch. */
  forget(stream: string): void {
    const log = this.#streams.get(stream)
    if (log !== undefined) this.#forget(stream, log)
  }

  /** Stops the sweeping of what has expired, unless another node listens still. A later append starts it again. */
  close(): void {
    if (this.#tails.size + this.#channels.size > 0) return
    this.#sweeping?.()
    this.#sweeping = null
  }

  #log(stream: string): StreamLog {
    let log = this.#streams.get(stream)
    if (log === undefined) {
      log = new StreamLog(this.#epoch, this.runtime.now())
      this.#streams.set(stream, log)
      this.#sweepLater()
    }
    return log
  }

  #account(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes <= this.#capacity) return
    const byAge = [...this.#streams]
      .filter(([, log]) => log.size > 0)
      .sort(([, a], [, b]) => a.written - b.written)
    for (const [stream, log] of byAge.slice(0, -1)) {
      this.#forget(stream, log)
      if (this.#bytes <= this.#capacity * 0.9) return
    }
  }

  #trim(stream: string, log: StreamLog, now: number): void {
    const before = log.bytes
    log.trim(this.#retention(stream), now)
    this.#bytes += log.bytes - before
  }

  #forget(stream: string, log: StreamLog): void {
    this.#bytes -= log.bytes
    if (log.top > 0) this.#epoch = this.runtime.id(10)
    this.#streams.delete(stream)
    if (this.#tails.has(stream)) this.#log(stream)
  }

  #sweepLater(): void {
    const sweep = (): void => {
      this.#sweeping = null
      this.#sweep()
    }
    this.#sweeping ??= this.runtime.timer(sweepInterval, sweep, 'upkeep')
  }

  #sweep(): void {
    const now = this.runtime.now()
    for (const [stream, log] of this.#streams) {
      this.#trim(stream, log, now)
      if (log.size === 0 && !this.#tails.has(stream)) this.#forget(stream, log)
    }
    this.#dedupe.sweep(now)
    this.sessions.sweep(now)
    this.presence.sweep(now)
    const { streams, sessions, presence, keys } = this.usage
    if (streams + sessions + presence + keys > 0) this.#sweepLater()
  }
}
