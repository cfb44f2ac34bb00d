import type { Position } from '@chat/core'
import type {
  AppendKey,
  AppendResult,
  LogHead,
  LogHint,
  LogPage,
  LogRange,
  NewMessage,
} from '@chat/core/backplane'
import type { SqliteDatabase, SqliteStatement } from './database.ts'
import { LogReader } from './log-reader.ts'
import { isStream, type LogState, LogTable } from './log-table.ts'
import { LogTrimmer, trimmedEntries } from './log-trimmer.ts'
import type { Settings } from './options.ts'
import { PinnedLogs } from './pinned-logs.ts'
import { SenderTable, type Stored } from './sender-table.ts'
import type { StoreClock } from './store-clock.ts'

/** An append that a transaction holds, for the listeners of its log. */
export interface Appended {
  readonly address: string
  readonly hint: LogHint
}

const early: AppendResult = { outcome: 'early' }
/** Number of logs that a sweep looks at in one transaction. */
const sweptLogs = 20
const reviewedLogs = 100

/**
 * The logs of a file, with the keys that are known in them. A method that changes them is called within a
 * transaction.
 */
export class SqliteLog {
  /** The appends of the open transaction. */
  appended: Appended[] = []
  readonly #table: LogTable
  readonly #senders: SenderTable
  readonly #reader: LogReader
  readonly #trimmer: LogTrimmer
  readonly #pinned = new PinnedLogs()
  readonly #clock: StoreClock
  readonly #settings: Settings
  readonly #selectEpoch: SqliteStatement
  readonly #updateEpoch: SqliteStatement
  /**
   * The epoch of logs that are made now; `null` when it has to be read. It changes when a log with messages is
   * forgotten, because that log must not continue its old offsets when it is made anew.
   */
  #epoch: string | null = null
  /** The id of the last log that was reviewed since the start; `null` when all were. */
  #reviewed: number | null = 0

  constructor(database: SqliteDatabase, settings: Settings, clock: StoreClock) {
    this.#settings = settings
    this.#clock = clock
    this.#table = new LogTable(database, settings.boundsOf)
    this.#senders = new SenderTable(database, settings.dedupeWindow)
    this.#reader = new LogReader(database, this.#table)
    this.#trimmer = new LogTrimmer(this.#table)
    this.#selectEpoch = database.prepare('SELECT epoch FROM store')
    this.#updateEpoch = database.prepare('UPDATE store SET epoch = ?')
  }

  /** Appends a message, unless its key is known, or the log does not stand where it is expected. */
  append(
    address: string,
    message: NewMessage,
    key: AppendKey,
    expected: Position | null | undefined,
  ): AppendResult {
    const now = this.#clock.now()
    const found = this.#living(address, now)
    const refused = this.#senders.find(found?.id ?? null, key, now)
    if (refused !== null) return refused
    if (this.#isEarly(found, key, now)) return early
    if (expected !== undefined && !endsAt(found ?? this.#unknownLog(address), expected))
      return this.#overtaken(address, found)
    const log = found ?? this.#create(address, now)
    const prev = log.top
    const entry = this.#table.append(log, message, this.#clock.timeAfter(log.time), now)
    const { epoch } = log
    const stored: Stored = {
      outcome: 'stored',
      epoch,
      at: entry.at,
      id: entry.id,
      time: entry.time,
      by: key.by,
    }
    this.#senders.remember(log.id, key, stored, now)
    this.#trimmer.trimAfterAppend(log, now)
    this.appended.push({ address, hint: { epoch, prev, entry } })
    return stored
  }

  /** Returns the answer to a known key. */
  find(address: string, key: AppendKey): AppendResult | null {
    return this.#senders.find(this.#table.find(address)?.id ?? null, key, this.#clock.now())
  }

  /** Reads a page. */
  read(address: string, range: LogRange): LogPage {
    const log = this.#table.find(address)
    const living = log !== null && !isOver(log, this.#clock.now())
    return this.#reader.read(living ? log : this.#unknownLog(address), range)
  }

  /** Returns the places of logs, and keeps the logs for a while. */
  heads(addresses: readonly string[]): LogHead[] {
    const now = this.#clock.now()
    return addresses.map((address) => {
      const { epoch, top } = this.#table.find(address) ?? this.#unknownLog(address)
      this.#pinned.pin(address, epoch, now)
      return { epoch, top }
    })
  }

  /** Keeps the epoch of a log until it is released. Returns `true` when the log has to be made. */
  hold(address: string): boolean {
    const log = this.#table.find(address)
    this.#pinned.pin(address, log?.epoch ?? this.#unknownLog(address).epoch, null)
    return log === null
  }

  /** Ends a {@link SqliteLog.hold}. */
  release(address: string): void {
    this.#pinned.release(address, this.#clock.now())
  }

  /** Makes a log, so that its epoch is the same after a restart. */
  ensure(address: string): void {
    if (this.#table.find(address) === null) this.#create(address, this.#clock.now())
  }

  /** Gives a log that still has an epoch another one. */
  bump(address: string, epoch: string): void {
    const log = this.#table.find(address)
    if (log?.epoch === epoch) this.#table.setEpoch(log, this.#settings.runtime.id(10))
  }

  /** Empties an entry. Answers `false` when the log does not have it. */
  redact(address: string, [epoch, at, id]: Position): boolean {
    const log = this.#table.find(address)
    if (log === null || log.epoch !== epoch) return false
    if (id === null || this.#table.idAt(log, at) !== id) return false
    this.#table.redact(log, at)
    return true
  }

  /** Trims or forgets some of the logs that are due. Returns `true` when none is left. */
  sweep(): boolean {
    const now = this.#clock.now()
    this.#pinned.sweep(now)
    const logs = this.#table.dueLogs(now, sweptLogs)
    const done = this.#eachWithinLot(logs, (log) => this.#tend(log, now))
    return done === logs.length && logs.length < sweptLogs
  }

  /** Applies the retention of this start to some logs. Returns `true` when all have been reviewed. */
  review(): boolean {
    if (this.#reviewed === null) return true
    const now = this.#clock.now()
    const { logs, last } = this.#table.logsAfter(this.#reviewed, reviewedLogs)
    const done = this.#eachWithinLot(logs, (log) => this.#trimmer.trim(log, now))
    this.#reviewed = done === logs.length ? last : (logs[done]?.id ?? 1) - 1
    return this.#reviewed === null
  }

  /** Forgets some of the keys that are over. Returns `true` when all have been looked at. */
  sweepSenders(): boolean {
    return this.#senders.sweep(this.#clock.now())
  }

  /** Writes what the transaction has changed. */
  beforeCommit(): void {
    this.#table.writeChanges()
  }

  /** Returns the appends of the transaction that was committed. */
  takeAppended(): readonly Appended[] {
    const { appended } = this
    this.appended = []
    this.#table.boundCache()
    this.#senders.boundCache()
    return appended
  }

  /** The number of logs that stay for listeners, or because their places were asked for. */
  get pinned(): number {
    return this.#pinned.size
  }

  /** Forgets what is in memory, with the pins. */
  forgetMemory(): void {
    this.rolledBack()
    this.#pinned.clear()
  }

  /** Forgets what was read or written in a transaction that failed. */
  rolledBack(): void {
    this.appended = []
    this.#epoch = null
    this.#table.clearCache()
    this.#senders.clearCache()
  }

  /**
   * Trims logs until a lot of entries is removed. Returns the number of logs that are done: the log at which
   * the lot was full may have more to remove.
   */
  #eachWithinLot(logs: readonly LogState[], trim: (log: LogState) => number): number {
    let room = trimmedEntries
    for (const [n, log] of logs.entries()) {
      room -= trim(log)
      if (room <= 0) return n
    }
    return logs.length
  }

  #isEarly(log: LogState | null, key: AppendKey, now: number): boolean {
    if (key.previousRef === undefined) return false
    return !this.#senders.hasReached(log?.id ?? null, key, key.previousRef, now)
  }

  #overtaken(address: string, log: LogState | null): AppendResult {
    const { epoch, top, topId } = log ?? this.#unknownLog(address)
    const event = log === null ? null : this.#table.eventAt(log, top)
    return { outcome: 'overtaken', epoch, at: top, id: topId, event }
  }

  /** Returns a log, and forgets a stream whose time is up. */
  #living(address: string, now: number): LogState | null {
    const log = this.#table.find(address)
    if (log === null || !isOver(log, now)) return log
    this.#forgetStream(log)
    return null
  }

  #create(address: string, now: number): LogState {
    const epoch = isStream(address) ? this.#settings.runtime.id(10) : this.#epochFor(address)
    return this.#table.create(address, epoch, now + this.#settings.dedupeWindow)
  }

  /**
   * Trims a log that is due; forgets it when it is empty, and neither held nor known to a sender. Returns the
   * number of entries that were removed.
   */
  #tend(log: LogState, now: number): number {
    if (isOver(log, now)) return this.#forgetStream(log)
    const removed = this.#trimmer.trim(log, now)
    if (log.top > log.base) return removed
    if (this.#pinned.epochOf(log.address) !== null || this.#senders.hasAny(log.id))
      this.#table.setDue(log, now + this.#settings.dedupeWindow)
    else this.#forget(log)
    return removed
  }

  /** Forgets a stream as a whole, also one that is read. Returns the number of its entries. */
  #forgetStream(log: LogState): number {
    const entries = log.top - log.base
    this.#senders.forgetLog(log.id)
    this.#forget(log)
    return entries
  }

  #forget(log: LogState): void {
    // A stream has an epoch of its own.
    if (log.top > 0 && !isStream(log.address)) this.#renewEpoch()
    this.#table.delete(log)
  }

  #unknownLog(address: string): LogState {
    return this.#table.unknown(address, this.#epochFor(address))
  }

  #epochFor(address: string): string {
    return this.#pinned.epochOf(address) ?? this.#storeEpoch()
  }

  #storeEpoch(): string {
    this.#epoch ??= (this.#selectEpoch.get() as { epoch: string }).epoch
    return this.#epoch
  }

  #renewEpoch(): void {
    const epoch = this.#settings.runtime.id(10)
    this.#updateEpoch.run(epoch)
    this.#epoch = epoch
  }
}

/** Tells if a log is a stream whose time is up (P-SM-10). */
const isOver = (log: LogState, now: number): boolean =>
  isStream(log.address) && log.top > log.base && log.due !== null && log.due <= now

/** Tells if the newest entry of a log is at a position; `null` stands for a log without entries. */
function endsAt(log: LogState, expected: Position | null): boolean {
  if (expected === null) return log.top === 0
  const [epoch, at, id] = expected
  return log.epoch === epoch && log.top === at && log.topId === id
}
