import type {
  AppendKey,
  AppendResult,
  LogHead,
  LogHint,
  LogPage,
  LogRange,
  NewMessage,
} from '../../backplane/backplane.ts'
import { KeyedSets } from '../../runtime/keyed-sets.ts'
import { attempt } from '../../runtime/maybe-promise.ts'
import type { Runtime, Undo } from '../../runtime/runtime.ts'
import { type Complete, fillDefaults } from '../../vocabulary/check-options.ts'
import { ChatError } from '../../vocabulary/errors.ts'
import type { Position } from '../../vocabulary/position.ts'
import { checkAnswer } from './check-retention.ts'
import { Dedupe } from './dedupe.ts'
import { KeptLogs } from './kept-logs.ts'
import { addListener } from './listeners.ts'
import { checkStoreArguments, type MemoryStoreOptions } from './memory-store-options.ts'
import { MemoryPresenceStore } from './presence-store.ts'
import { MemorySessionStore } from './session-store.ts'
import type { Retention } from './stream-log.ts'

type CompleteRetention = Complete<Retention>

const defaultRetention: CompleteRetention = { count: 10_000, bytes: 16 * 1024 * 1024, age: 3_600_000 }
const sweepInterval = 30_000
/** Part of the dedupe window for which an answer is new: it is kept in a store that is full. */
const newAnswers = 60
/** Shortest time between two searches for answers that are no longer new, in milliseconds. */
const roomInterval = 250
/** Bytes that the record of a session takes in memory besides its names. */
const sessionBytes = 700

/**
 * The state that the nodes of a cluster share, in memory: logs, known repetitions, sessions, presence,
 * channels. Two stores share no state.
 */
export class MemoryStore {
  /** The runtime of this store. */
  readonly runtime: Runtime
  /** Duration for which a repetition is recognised, in milliseconds. */
  readonly dedupeWindow: number
  /**
   * The records of sessions.
   *
   * @internal
   */
  readonly sessions: MemorySessionStore
  /**
   * The members of rooms.
   *
   * @internal
   */
  readonly presence: MemoryPresenceStore
  readonly #logs: KeptLogs
  readonly #channels = new KeyedSets<(text: string) => void>()
  readonly #dedupe: Dedupe
  readonly #capacity: number
  readonly #observe: MemoryStoreOptions['observe']
  readonly #onErrors = new Set<{ readonly listener: (error: unknown, stream: string) => void }>()
  /** Time at which answers were last forgotten to make room for others. */
  #madeRoom = Number.NEGATIVE_INFINITY
  #sweeping: Undo | null = null

  /**
   * Makes an empty store.
   *
   * @throws UsageError when the first argument is no runtime, or an option cannot work or does not exist.
   */
  constructor(runtime: Runtime, options: MemoryStoreOptions = {}) {
    checkStoreArguments(runtime, options)
    this.runtime = runtime
    this.dedupeWindow = options.dedupeWindow ?? 120_000
    const capacity = options.sessions ?? 50_000
    this.sessions = new MemorySessionStore(runtime, capacity)
    this.#capacity = options.bytes ?? 256 * 1024 * 1024
    this.presence = new MemoryPresenceStore(runtime, { count: capacity, bytes: this.#capacity / 4 })
    this.#dedupe = new Dedupe(this.dedupeWindow)
    const retention = this.#retentionOf(options.retention ?? {})
    this.#logs = new KeptLogs(runtime, { capacity: this.#capacity, retention })
    this.#observe = options.observe
  }

  /**
   * The amounts that are held, for tests and metrics. `bytes` is an estimate of the memory that all of it
   * takes. All amounts return to zero when all clients have left and all entries have aged.
   */
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
      streams: this.#logs.size,
      bytes: this.#logs.bytes + this.#dedupe.bytes + this.presence.bytes + this.sessions.size * sessionBytes,
      tails: this.#logs.listened,
      channels: this.#channels.size,
      sessions: this.sessions.size,
      presence: this.presence.size,
      keys: this.#dedupe.size,
    }
  }

  /** Implements `Backplane.append`. */
  append(stream: string, message: NewMessage, key: AppendKey, expected?: Position | null): AppendResult {
    const known = this.#dedupe.find(stream, key)
    if (known !== null) return known
    const now = this.runtime.now()
    this.#logs.expire(stream, now)
    const overtaken = expected === undefined ? null : this.#overtaken(stream, expected)
    if (overtaken !== null) return overtaken
    this.#makeRoomForAnswer(now)
    const log = this.#logs.ensure(stream)
    const { epoch, top: prev, bytes: before } = log
    const entry = log.append(message, now, this.runtime.wallTime())
    const { at, id, time } = entry
    const stored: AppendResult = { outcome: 'stored', epoch, at, id, time, by: key.by }
    this.#dedupe.remember(stream, key, stored, now)
    this.#logs.addBytes(log, log.bytes - before, this.#dedupe.bytes)
    if (this.#observe !== undefined) this.#callback(stream, () => this.#observe?.(stream, epoch, entry))
    this.#logs.trim(stream, log, now)
    this.#sweepLater()
    const hint: LogHint = { epoch, prev, entry }
    for (const listener of log.listeners.values()) listener(hint)
    return stored
  }

  /** Implements `Backplane.find`. */
  find(stream: string, key: AppendKey): AppendResult | null {
    return this.#dedupe.find(stream, key)
  }

  /** Implements `Backplane.read`. */
  read(stream: string, range: LogRange): LogPage {
    const now = this.runtime.now()
    this.#logs.expire(stream, now)
    const log = this.#logs.find(stream)
    if (log === undefined) return this.#logs.look(stream).read(range)
    this.#logs.trim(stream, log, now)
    return log.read(range)
  }

  /** Implements `Backplane.heads`. */
  heads(streams: readonly string[]): LogHead[] {
    const now = this.runtime.now()
    this.#sweepLater()
    return streams.map((stream) => {
      const log = this.#logs.ensure(stream)
      log.asked = now
      return { epoch: log.epoch, top: log.top }
    })
  }

  /** Implements `Backplane.tail`. */
  tail(stream: string, listener: (hint: LogHint) => void): Undo {
    // A log with a listener stays, and with it the epoch that the listener knows.
    const { listeners } = this.#logs.ensure(stream)
    this.#sweepLater()
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  /** Implements `Backplane.bump`. */
  bump(stream: string, epoch: string): void {
    const log = this.#logs.find(stream)
    if (log?.epoch === epoch) log.epoch = this.runtime.id(10)
  }

  /** Implements `Backplane.redact`. */
  redact(stream: string, position: Position): boolean {
    const log = this.#logs.find(stream)
    return log !== undefined && this.#logs.change(log, () => log.redact(position))
  }

  /** Implements `Backplane.publish`. */
  publish(channel: string, text: string): void {
    for (const listener of this.#channels.values(channel)) listener(text)
  }

  /** Implements `Backplane.subscribe`. */
  subscribe(channel: string, listener: (text: string) => void): Undo {
    return addListener(this.#channels, channel, listener)
  }

  /** Implements `Backplane.onError`. */
  onError(listener: (error: unknown, stream: string) => void): Undo {
    const entry = { listener }
    this.#onErrors.add(entry)
    return () => this.#onErrors.delete(entry)
  }

  /** Loses all state, as a broker that is restarted without its disk. */
  wipe(): void {
    this.#dedupe.clear()
    this.sessions.clear()
    this.presence.clear()
    this.#logs.clear()
    if (this.#logs.size > 0) this.#sweepLater()
  }

  /**
   * Loses the newest entries of a log in the same epoch, with the knowledge of their repetitions, as in a
   * failover to a replica that lags. Returns the new top.
   */
  rollback(stream: string, count: number): number {
    const log = this.#logs.find(stream)
    if (log === undefined) return 0
    this.#logs.change(log, () => {
      for (let i = 0; i < count; i++) log.trimLast()
    })
    this.#dedupe.rollback(stream, log.top)
    return log.top
  }

  /** The logs that have entries or listeners. */
  get streams(): string[] {
    return this.#logs.addresses
  }

  /** Removes all but the newest entries of a log. */
  trim(stream: string, keep: number): void {
    const log = this.#logs.find(stream)
    if (log === undefined) return
    this.#logs.change(log, () => {
      while (log.size > keep) log.trimFirst()
    })
  }

  /**
   * Forgets a log as a whole, as a full store does with the logs written longest ago. Made anew, the log has
   * another epoch.
   */
  forget(stream: string): void {
    this.#logs.forget(stream)
  }

  /**
   * Stops the removal of expired entries, unless another node still listens. A later append starts it again.
   */
  close(): void {
    if (this.usage.tails + this.#channels.size > 0) return
    this.#sweeping?.()
    this.#sweeping = null
  }

  #retentionOf(given: NonNullable<MemoryStoreOptions['retention']>): (stream: string) => CompleteRetention {
    if (typeof given === 'function')
      return (stream) =>
        fillDefaults(
          defaultRetention,
          this.#callback(stream, () => checkAnswer(stream, given(stream))),
        )
    const fixed = fillDefaults(defaultRetention, given)
    return () => fixed
  }

  /** Returns the value of the application's function; `undefined` when it fails or answers later. */
  #callback<T>(stream: string, run: () => T): T | undefined {
    const failed = (error: unknown): void => {
      for (const { listener } of this.#onErrors) listener(error, stream)
    }
    let value: T | undefined
    attempt<T>(
      run,
      (now) => {
        value = now
      },
      failed,
    )
    return value
  }

  #overtaken(stream: string, expected: Position | null): AppendResult | null {
    const log = this.#logs.look(stream)
    if (log.endsAt(expected)) return null
    return { outcome: 'overtaken', epoch: log.epoch, at: log.top, id: log.topId, event: log.topEvent }
  }

  /**
   * Forgets answers that are no longer new when the answers take half of all bytes.
   *
   * @throws ChatError `unavailable` when all answers are new.
   */
  #makeRoomForAnswer(now: number): void {
    const most = this.#capacity / 2
    if (this.#dedupe.bytes <= most) return
    // To look through all answers takes time, so it is not done for each message.
    if (now - this.#madeRoom >= roomInterval) {
      this.#madeRoom = now
      this.#dedupe.makeRoom(now - this.dedupeWindow / newAnswers)
    }
    if (this.#dedupe.bytes > most) throw tooManyAnswers()
  }

  #sweepLater(): void {
    this.#sweeping ??= this.runtime.timer(sweepInterval, () => this.#sweep(), 'upkeep')
  }

  #sweep(): void {
    this.#sweeping = null
    const now = this.runtime.now()
    this.#logs.sweep(now)
    this.sessions.sweep(now)
    this.#dedupe.sweep(now, (session) => this.sessions.has(session))
    this.presence.sweep(now)
    const { streams, sessions, presence, keys } = this.usage
    if (streams + sessions + presence + keys > 0) this.#sweepLater()
  }
}

const tooManyAnswers = (): ChatError =>
  new ChatError(
    'unavailable',
    'unable to store the message: the store is full of answers by which it recognises repetitions; raise the option `bytes` of the store',
  )
