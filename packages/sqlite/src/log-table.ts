import type { LogEntry, NewMessage } from '@chat/core/backplane'
import { utf8Length } from '@chat/core/backplane'
import type { SqliteDatabase, SqliteStatement } from './database.ts'
import { type Bounds, noBounds } from './retention.ts'
import { decodeName, encodeName } from './stored-name.ts'

/** A log, without its entries. Offsets are contiguous: the entries are those above `base`, up to `top`. */
export interface LogState {
  readonly id: number
  readonly address: string
  readonly bounds: Bounds
  epoch: string
  /** The offset of the last entry that was removed. */
  base: number
  baseId: string | null
  /** The bytes of all entries up to `base`. */
  baseBytes: number
  top: number
  topId: string | null
  /** The bytes of all entries up to `top`. */
  bytes: number
  /** The time of the newest message. */
  time: number
  /** The time of the store at which the oldest entry expires, or the empty log; `null` for never. */
  due: number | null
}

interface LogRow {
  readonly id: number
  readonly epoch: string
  readonly base: number
  readonly base_id: string | null
  readonly base_bytes: number
  readonly top: number
  readonly top_id: string | null
  readonly bytes: number
  readonly time: number
  readonly due: number | null
}

/** An entry as it is stored. */
export interface EntryRow {
  readonly at: number
  /** The bytes of all entries up to this one. */
  readonly total: number
  readonly time: number
  readonly id: string
  readonly event: string
  readonly sender: string | null
  readonly meta: string | null
  readonly data: string
}

/** The place of an entry: its id, its running total, the time of the store at which it was stored. */
export interface EntryPlace {
  readonly id: string
  readonly total: number
  readonly stored: number
}

const emptyLog = { base: 0, baseBytes: 0, top: 0, bytes: 0, time: 0 }
/** Number of logs that are kept in memory. */
const cachedLogs = 10_000

/** The logs and their entries. Every change belongs to a transaction. */
export class LogTable {
  readonly #boundsOf: (address: string) => Bounds
  readonly #cache = new Map<string, LogState>()
  readonly #changed = new Set<LogState>()
  readonly #select: SqliteStatement
  readonly #insert: SqliteStatement
  readonly #update: SqliteStatement
  readonly #delete: SqliteStatement
  readonly #selectDue: SqliteStatement
  readonly #selectAfter: SqliteStatement
  readonly #insertEntry: SqliteStatement
  readonly #selectPlace: SqliteStatement
  readonly #deleteEntries: SqliteStatement
  readonly #redact: SqliteStatement
  readonly #selectEvent: SqliteStatement

  constructor(database: SqliteDatabase, boundsOf: (address: string) => Bounds) {
    const prepare = (sql: string): SqliteStatement => database.prepare(sql)
    this.#boundsOf = boundsOf
    this.#select = prepare('SELECT * FROM logs WHERE address = ?')
    this.#insert = prepare(
      `INSERT INTO logs (address, epoch, base, base_bytes, top, bytes, time, due)
      VALUES (?, ?, 0, 0, 0, 0, 0, ?) RETURNING id`,
    )
    this.#update = prepare(
      `UPDATE logs SET epoch = ?, base = ?, base_id = ?, base_bytes = ?, top = ?, top_id = ?, bytes = ?,
      time = ?, due = ? WHERE id = ?`,
    )
    this.#delete = prepare('DELETE FROM logs WHERE id = ?')
    this.#selectDue = prepare('SELECT address FROM logs WHERE due <= ? ORDER BY due LIMIT ?')
    this.#selectAfter = prepare('SELECT id, address FROM logs WHERE id > ? ORDER BY id LIMIT ?')
    this.#insertEntry = prepare(
      `INSERT INTO entries (log, at, total, stored, time, id, event, sender, meta, data)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#selectPlace = prepare('SELECT id, total, stored FROM entries WHERE log = ? AND at = ?')
    this.#deleteEntries = prepare('DELETE FROM entries WHERE log = ? AND at <= ?')
    this.#redact = prepare(
      `UPDATE entries SET event = '$redacted', data = 'null', meta = NULL WHERE log = ? AND at = ?`,
    )
    this.#selectEvent = prepare('SELECT event FROM entries WHERE log = ? AND at = ?')
  }

  /** Returns a log; `null` for an unknown log. */
  find(address: string): LogState | null {
    const cached = this.#cache.get(address)
    if (cached !== undefined) return cached
    const row = this.#select.get(encodeName(address)) as LogRow | null | undefined
    return row ? this.#remember(address, row) : null
  }

  /** Makes a log without entries. */
  create(address: string, epoch: string, due: number): LogState {
    const { id } = this.#insert.get(encodeName(address), epoch, due) as { id: number }
    const names = { base_id: null, base_bytes: 0, top_id: null }
    return this.#remember(address, { ...names, id, epoch, base: 0, top: 0, bytes: 0, time: 0, due })
  }

  /** Appends an entry. */
  append(log: LogState, message: NewMessage, time: number, stored: number): LogEntry {
    const { event, data, meta, from, id } = message
    const at = log.top + 1
    const total = log.bytes + sizeOf(message)
    const name = encodeName(id)
    const sender = from === null ? null : encodeName(from)
    this.#insertEntry.run(log.id, at, total, stored, time, name, encodeName(event), sender, meta, data)
    if (isStream(log.address))
      log.due = message.keep === undefined ? dueAt(log, stored) : stored + message.keep
    else if (log.top === log.base) log.due = dueAt(log, stored)
    log.top = at
    log.topId = id
    log.bytes = total
    log.time = time
    this.#changed.add(log)
    return { at, event, data, meta, from, id, time }
  }

  /** Returns the place of an entry; `null` when the log does not have it. */
  placeOf(log: LogState, at: number): EntryPlace | null {
    if (at <= log.base || at > log.top) return null
    return (this.#selectPlace.get(log.id, at) as EntryPlace | null | undefined) ?? null
  }

  /** Returns the event of an entry; `null` when the log does not have it. */
  eventAt(log: LogState, at: number): string | null {
    const row = this.#selectEvent.get(log.id, at) as { event: string } | null | undefined
    return row ? decodeName(row.event) : null
  }

  /** Removes the entries up to an offset. */
  trimTo(log: LogState, base: number): void {
    if (base <= log.base) return
    const last = this.placeOf(log, base)
    this.#deleteEntries.run(log.id, base)
    log.base = base
    log.baseId = last === null ? null : decodeName(last.id)
    log.baseBytes = last?.total ?? log.bytes
    this.#changed.add(log)
  }

  /** Sets the time at which a log is looked at again. */
  setDue(log: LogState, due: number | null): void {
    if (log.due === due) return
    log.due = due
    this.#changed.add(log)
  }

  /** Gives a log another epoch. */
  setEpoch(log: LogState, epoch: string): void {
    log.epoch = epoch
    this.#changed.add(log)
  }

  /** Empties an entry, which keeps its place. */
  redact(log: LogState, at: number): void {
    this.#redact.run(log.id, at)
  }

  /** Returns the id of an entry; `null` when the log does not have it. */
  idAt(log: LogState, at: number): string | null {
    const place = this.placeOf(log, at)
    return place === null ? null : decodeName(place.id)
  }

  /** Returns the state of a log that was not made yet. */
  unknown(address: string, epoch: string): LogState {
    return { ...emptyLog, id: 0, address, bounds: noBounds, epoch, baseId: null, topId: null, due: null }
  }

  /** Removes a log with its entries. */
  delete(log: LogState): void {
    if (log.top > log.base) this.#deleteEntries.run(log.id, log.top)
    this.#delete.run(log.id)
    this.#changed.delete(log)
    this.#cache.delete(log.address)
  }

  /** Returns some of the logs that are due, those that have waited longest first. */
  dueLogs(now: number, limit: number): LogState[] {
    return this.#states(this.#selectDue.all(now, limit) as { address: string }[])
  }

  /** Returns some logs in the order of their ids, and the id of the last; `null` after the last log. */
  logsAfter(id: number, limit: number): { logs: LogState[]; last: number | null } {
    const rows = this.#selectAfter.all(id, limit) as { id: number; address: string }[]
    return { logs: this.#states(rows), last: rows.length < limit ? null : (rows.at(-1)?.id ?? null) }
  }

  /** Writes the states that have changed. */
  writeChanges(): void {
    for (const log of this.#changed) {
      const names = [log.baseId, log.topId].map((id) => (id === null ? null : encodeName(id)))
      const [baseId = null, topId = null] = names
      const { epoch, base, baseBytes, top, bytes, time, due } = log
      this.#update.run(epoch, base, baseId, baseBytes, top, topId, bytes, time, due, log.id)
    }
    this.#changed.clear()
  }

  /** Forgets what was read or written in a transaction that failed. */
  clearCache(): void {
    this.#cache.clear()
    this.#changed.clear()
  }

  /** Keeps the cache within its bound. */
  boundCache(): void {
    if (this.#cache.size > cachedLogs) this.#cache.clear()
  }

  #states(rows: readonly { address: string }[]): LogState[] {
    return rows.flatMap(({ address }) => this.find(decodeName(address)) ?? [])
  }

  #remember(address: string, row: LogRow): LogState {
    const { base_id, base_bytes, top_id, ...same } = row
    const state: LogState = {
      ...same,
      address,
      bounds: this.#boundsOf(address),
      baseId: base_id === null ? null : decodeName(base_id),
      baseBytes: base_bytes,
      topId: top_id === null ? null : decodeName(top_id),
    }
    this.#cache.set(address, state)
    return state
  }
}

/** Tells if an address is that of a stream, whose log is kept as a whole (P-SM-10). */
export const isStream = (address: string): boolean => address.startsWith('^')

/** Returns the time at which an entry of a log expires. */
export const dueAt = ({ bounds }: LogState, stored: number): number | null =>
  bounds.age === Number.POSITIVE_INFINITY ? null : stored + bounds.age

/** Returns an entry as the contract has it. */
export const toEntry = ({ at, time, id, event, sender, meta, data }: EntryRow): LogEntry => ({
  at,
  event: decodeName(event),
  data,
  meta,
  from: sender === null ? null : decodeName(sender),
  id: decodeName(id),
  time,
})

/** Returns the bytes that count for a message. */
export function sizeOf({ data, meta, event, id }: Omit<NewMessage, 'from'>): number {
  const text = utf8Length(data) + (meta === null ? 0 : utf8Length(meta))
  return text + utf8Length(event) + utf8Length(id)
}
