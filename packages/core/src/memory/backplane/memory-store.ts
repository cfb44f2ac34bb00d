import type {
  AppendKey,
  AppendResult,
  LogEntry,
  LogHead,
  LogHint,
  LogPage,
  LogRange,
  NewMessage,
} from '../../backplane/backplane.ts'
import { KeyedSets } from '../../runtime/keyed-sets.ts'
import { attempt } from '../../runtime/maybe-promise.ts'
import type { Runtime, Undo } from '../../runtime/runtime.ts'
import { type Complete, fillDefaults, type OptionNames } from '../../vocabulary/check-options.ts'
import { ChatError } from '../../vocabulary/errors.ts'
import type { Position } from '../../vocabulary/position.ts'
import { heapBytes } from '../../vocabulary/text.ts'
import { checkFunctionOptions, checkNumberOptions, checkRuntime } from '../check-arguments.ts'
import { checkAnswer, checkRetention } from './check-retention.ts'
import { Dedupe } from './dedupe.ts'
import { addListener } from './listeners.ts'
import { MemoryPresenceStore } from './presence-store.ts'
import { MemorySessionStore } from './session-store.ts'
import { type Retention, StreamLog } from './stream-log.ts'

/** Options of a {@link MemoryStore}: the amount that it keeps. */
export interface MemoryStoreOptions {
  /**
   * Retention of each log; a function decides by its address, at once. When it throws or rejects,
   * or answers with a bound that is no number of at least 0, the log has the default retention, and the hubs of the store report the error in `$error`.
   */
  readonly retention?: Retention | ((stream: string) => Retention) | undefined
  /**
   * Bytes in memory of all logs, and of the answers by which repetitions are recognised. Above it logs are
   * forgotten as a whole, those written longest ago first. When the logs of which a user has written most hold
   * over a tenth of it, that user's logs are forgotten before all others, down to half of that share. The
   * answers may take half of it: then answers older than a 60th of `dedupeWindow` are forgotten, and while there
   * are none, further messages are refused as `unavailable`. The presence states of all rooms may take a quarter of this
   * besides: above it remembered states are forgotten, and then new states are refused as `unavailable`.
   * Default: 256 MiB.
   */
  readonly bytes?: number | undefined
  /** Duration for which a repetition is recognised, in milliseconds. Default: 120 000. */
  readonly dedupeWindow?: number | undefined
  /**
   * Number of sessions that are remembered. Above it, sessions that have ended are forgotten: first those whose
   * clients never wrote a frame, then those that ended first. Connected sessions are always remembered.
   * Default: 50 000.
   */
  readonly sessions?: number | undefined
  /**
   * Called with each stored message, in the order of the log: for the invariants of a simulation. When it
   * throws or rejects, the hubs of the store report the error in `$error`.
   */
  readonly observe?: ((stream: string, epoch: string, entry: LogEntry) => unknown) | undefined
}

const optionNames: OptionNames<MemoryStoreOptions> = {
  retention: true,
  bytes: true,
  dedupeWindow: true,
  sessions: true,
  observe: true,
}
type CompleteRetention = Complete<Retention>

const defaultRetention: CompleteRetention = { count: 10_000, bytes: 16 * 1024 * 1024, age: 3_600_000 }
/** The share of all bytes above which the logs of a sender make room for others. */
const fairShare = 0.1
const sweepInterval = 30_000
/** Part of the dedupe window for which an answer is new: it is kept in a store that is full. */
const newAnswers = 60
/** Shortest time between two searches for answers that are no longer new, in milliseconds. */
const roomInterval = 250
/** Time for which a log is kept after the last {@link MemoryStore.heads} that named it. */
const askedFor = 330_000
/** Bytes that an empty log, and the record of a session, take in memory besides their names. */
const logBytes = 500
const sessionBytes = 700
const making = 'make the store'

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
  readonly #streams = new Map<string, StreamLog>()
  readonly #channels = new KeyedSets<(text: string) => void>()
  readonly #dedupe: Dedupe
  readonly #retention: (stream: string) => CompleteRetention
  readonly #capacity: number
  readonly #observe: MemoryStoreOptions['observe']
  readonly #onErrors = new Set<{ readonly listener: (error: unknown, stream: string) => void }>()
  #bytes = 0
  /** Time at which answers were last forgotten to make room for others. */
  #madeRoom = Number.NEGATIVE_INFINITY
  #sweeping: Undo | null = null
  /**
   * The epoch of logs that are made now. It changes when a log with messages is forgotten, because that log
   * must not continue its old offsets when it is made anew. A log that never had messages can be forgotten
   * and made anew in the same epoch.
   */
  #epoch: string

  /**
   * Makes an empty store.
   *
   * @throws UsageError when the first argument is no runtime, or an option cannot work or does not exist.
   */
  constructor(runtime: Runtime, options: MemoryStoreOptions = {}) {
    checkRuntime(making, runtime, 'new MemoryStore(systemRuntime)')
    checkFunctionOptions(making, options, { names: optionNames, functions: ['observe'] })
    checkNumberOptions(making, options, ['bytes', 'dedupeWindow', 'sessions'])
    const { retention = {} } = options
    if (typeof retention !== 'function') checkRetention(making, retention)
    this.runtime = runtime
    this.dedupeWindow = options.dedupeWindow ?? 120_000
    const capacity = options.sessions ?? 50_000
    this.sessions = new MemorySessionStore(runtime, capacity)
    this.#capacity = options.bytes ?? 256 * 1024 * 1024
    this.presence = new MemoryPresenceStore(runtime, { count: capacity, bytes: this.#capacity / 4 })
    this.#dedupe = new Dedupe(this.dedupeWindow)
    this.#retention = this.#retentionOf(retention)
    this.#observe = options.observe
    this.#epoch = runtime.id(10)
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
      streams: this.#streams.size,
      bytes: this.#bytes + this.#dedupe.bytes + this.presence.bytes + this.sessions.size * sessionBytes,
      tails: [...this.#streams.values()].filter(({ listeners }) => listeners.size > 0).length,
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
    this.#expire(stream, this.runtime.now())
    const overtaken = expected === undefined ? null : this.#overtaken(stream, expected)
    if (overtaken !== null) return overtaken
    const now = this.runtime.now()
    this.#makeRoomForAnswer(now)
    const log = this.#log(stream)
    const { epoch, top: prev, bytes: before } = log
    const entry = log.append(message, now, this.runtime.wallTime())
    const { at, id, time } = entry
    const stored: AppendResult = { outcome: 'stored', epoch, at, id, time, by: key.by }
    this.#dedupe.remember(stream, key, stored, now)
    this.#account(log, log.bytes - before)
    if (this.#observe !== undefined) this.#callback(stream, () => this.#observe?.(stream, epoch, entry))
    this.#trim(stream, log, now)
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
    this.#expire(stream, now)
    const log = this.#streams.get(stream)
    if (log === undefined) return new StreamLog(this.#epoch, 0).read(range)
    this.#trim(stream, log, now)
    return log.read(range)
  }

  /** Implements `Backplane.heads`. */
  heads(streams: readonly string[]): LogHead[] {
    const now = this.runtime.now()
    return streams.map((stream) => {
      const log = this.#log(stream)
      log.asked = now
      return { epoch: log.epoch, top: log.top }
    })
  }

  /** Implements `Backplane.tail`. */
  tail(stream: string, listener: (hint: LogHint) => void): Undo {
    // A log with a listener stays, and with it the epoch that the listener knows.
    const { listeners } = this.#log(stream)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  /** Implements `Backplane.bump`. */
  bump(stream: string, epoch: string): void {
    const log = this.#streams.get(stream)
    if (log?.epoch === epoch) log.epoch = this.runtime.id(10)
  }

  /** Implements `Backplane.redact`. */
  redact(stream: string, position: Position): boolean {
    const log = this.#streams.get(stream)
    if (log === undefined) return false
    const before = log.bytes
    const redacted = log.redact(position)
    this.#bytes += log.bytes - before
    return redacted
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
    const logs = [...this.#streams]
    this.#streams.clear()
    this.#dedupe.clear()
    this.sessions.clear()
    this.presence.clear()
    this.#bytes = 0
    this.#epoch = this.runtime.id(10)
    for (const [stream, { listeners }] of logs) if (listeners.size > 0) this.#log(stream, listeners)
  }

  /**
   * Loses the newest entries of a log in the same epoch, with the knowledge of their repetitions, as in a
   * failover to a replica that lags. Returns the new top.
   */
  rollback(stream: string, count: number): number {
    const log = this.#streams.get(stream)
    if (log === undefined) return 0
    const before = log.bytes
    for (let i = 0; i < count; i++) log.trimLast()
    this.#bytes += log.bytes - before
    this.#dedupe.rollback(stream, log.top)
    return log.top
  }

  /** The logs that have entries or listeners. */
  get streams(): string[] {
    return [...this.#streams.keys()]
  }

  /** Removes all but the newest entries of a log. */
  trim(stream: string, keep: number): void {
    const log = this.#streams.get(stream)
    if (log === undefined) return
    const before = log.bytes
    while (log.size > keep) log.trimFirst()
    this.#bytes += log.bytes - before
  }

  /**
   * Forgets a log as a whole, as a full store does with the logs written longest ago. Made anew, the log has
   * another epoch.
   */
  forget(stream: string): void {
    const log = this.#streams.get(stream)
    if (log !== undefined) this.#forget(stream, log)
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

  /** Returns a log; a log that is made gets the listeners. */
  #log(stream: string, listeners?: StreamLog['listeners']): StreamLog {
    let log = this.#streams.get(stream)
    if (log === undefined) {
      const epoch = isStream(stream) ? this.runtime.id(10) : this.#epoch
      log = new StreamLog(epoch, this.runtime.now(), listeners)
      this.#streams.set(stream, log)
      this.#bytes += logBytes + heapBytes(stream)
      this.#sweepLater()
    }
    return log
  }

  #overtaken(stream: string, expected: Position | null): AppendResult | null {
    const log = this.#streams.get(stream) ?? new StreamLog(this.#epoch, 0)
    if (log.endsAt(expected)) return null
    return { outcome: 'overtaken', epoch: log.epoch, at: log.top, id: log.topId, event: log.topEvent }
  }

  /**
   * Counts bytes of a log, and makes room in the other logs: first in those of senders who hold more than
   * their share.
   */
  #account(written: StreamLog, bytes: number): void {
    this.#bytes += bytes
    const room = this.#capacity - this.#dedupe.bytes
    if (this.#bytes <= room) return
    const enough = room * 0.9
    const byAge = [...this.#streams]
      .filter(([, log]) => log.size > 0 && log !== written)
      .sort(([, a], [, b]) => Number(isOpen(a)) - Number(isOpen(b)) || a.written - b.written)
    this.#reduceShares(byAge, enough)
    if (this.#bytes <= room) return
    for (const [stream, log] of byAge) {
      if (this.#bytes <= enough) return
      if (this.#streams.get(stream) === log) this.#forget(stream, log)
    }
  }

  /**
   * Forgets logs of senders who hold more than their share, down to half of it: the next message must not
   * look for room again.
   */
  #reduceShares(byAge: readonly (readonly [string, StreamLog])[], enough: number): void {
    const share = this.#capacity * fairShare
    const held = this.#heldBySender()
    const over = new Set([...held].filter(([, bytes]) => bytes > share).map(([sender]) => sender))
    for (const [stream, log] of byAge) {
      const { mainSender: sender, bytes } = log
      if (this.#bytes <= enough || over.size === 0) return
      if (sender === null || !over.has(sender)) continue
      this.#forget(stream, log)
      const left = (held.get(sender) ?? 0) - bytes
      held.set(sender, left)
      if (left <= share / 2) over.delete(sender)
    }
  }

  /** Returns the bytes of the logs of each main sender. */
  #heldBySender(): Map<string, number> {
    const held = new Map<string, number>()
    for (const { mainSender, bytes } of this.#streams.values())
      if (mainSender !== null) held.set(mainSender, (held.get(mainSender) ?? 0) + bytes)
    return held
  }

  /** Forgets a stream whose time is up (P-SM-10). */
  #expire(stream: string, now: number): void {
    const log = isStream(stream) ? this.#streams.get(stream) : undefined
    if (log === undefined || log.size === 0) return
    if (now >= (log.forgottenAt ?? log.written + this.#retention(stream).age)) this.#forget(stream, log)
  }

  #trim(stream: string, log: StreamLog, now: number): void {
    // A stream is kept as a whole.
    if (isStream(stream)) return
    const before = log.bytes
    log.trim(this.#retention(stream), now)
    this.#bytes += log.bytes - before
  }

  #forget(stream: string, log: StreamLog): void {
    this.#bytes -= log.bytes + logBytes + heapBytes(stream)
    // A stream has an epoch of its own.
    if (log.top > 0 && !isStream(stream)) this.#epoch = this.runtime.id(10)
    this.#streams.delete(stream)
    if (log.listeners.size > 0) this.#log(stream, log.listeners)
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
    const sweep = (): void => {
      this.#sweeping = null
      this.#sweep()
    }
    this.#sweeping ??= this.runtime.timer(sweepInterval, sweep, 'upkeep')
  }

  #sweep(): void {
    const now = this.runtime.now()
    for (const stream of [...this.#streams.keys()].filter(isStream)) this.#expire(stream, now)
    for (const [stream, log] of this.#streams) {
      this.#trim(stream, log, now)
      const unused = log.listeners.size === 0 && now - log.asked > askedFor
      if (log.size === 0 && unused) this.#forget(stream, log)
    }
    this.sessions.sweep(now)
    this.#dedupe.sweep(now, (session) => this.sessions.has(session))
    this.presence.sweep(now)
    const { streams, sessions, presence, keys } = this.usage
    if (streams + sessions + presence + keys > 0) this.#sweepLater()
  }
}

const isStream = (stream: string): boolean => stream.startsWith('^')

/** Tells if a log is not that of a stream that has ended. */
const isOpen = ({ forgottenAt }: StreamLog): boolean => forgottenAt === null

const tooManyAnswers = (): ChatError =>
  new ChatError(
    'unavailable',
    'unable to store the message: the store is full of answers by which it recognises repetitions; raise the option `bytes` of the store',
  )
