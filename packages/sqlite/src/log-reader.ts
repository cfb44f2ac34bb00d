import { type LogPage, type LogRange, pageBytes } from '@chat/core/backplane'
import type { SqliteDatabase, SqliteStatement } from './database.ts'
import { type EntryRow, type LogState, type LogTable, sizeOf, toEntry } from './log-table.ts'
import { decodeName } from './stored-name.ts'

const nothingBehind = { messages: 0, bytes: 0 }

/** Reads pages of logs. The running totals say how many entries fit, so no entry is read in vain. */
export class LogReader {
  readonly #table: LogTable
  readonly #forwards: SqliteStatement
  readonly #backwards: SqliteStatement

  constructor(database: SqliteDatabase, table: LogTable) {
    const columns = 'at, total, time, id, event, sender, meta, data'
    this.#table = table
    this.#forwards = database.prepare(
      `SELECT ${columns} FROM entries
      WHERE log = ? AND at > ? AND at <= ? AND (total <= ? OR at = ?) ORDER BY at`,
    )
    this.#backwards = database.prepare(
      `SELECT ${columns} FROM entries
      WHERE log = ? AND at >= ? AND at < ? AND (total > ? OR at = ?) ORDER BY at`,
    )
  }

  /** Reads a page of a log. */
  read(log: LogState, range: LogRange): LogPage {
    return 'after' in range ? this.#readAfter(log, range) : this.#readBefore(log, range)
  }

  #readAfter(log: LogState, { after, limit }: { after: number; limit: number }): LogPage {
    const start = Math.max(after, log.base)
    const end = Math.min(log.top, start + limit)
    const place = this.#table.placeOf(log, after)
    const before = place?.total ?? (start >= log.top ? log.bytes : log.baseBytes)
    const rows = end > start ? this.#forwards.all(log.id, start, end, before + pageBytes, start + 1) : []
    const entries = (rows as EntryRow[]).map(toEntry)
    const last = entries.at(-1)?.at ?? start
    return {
      ...placeOf(log),
      entries,
      afterId: place === null ? null : decodeName(place.id),
      prev: entries.length > 0 ? start : log.top,
      more: entries.length > 0 && last < log.top,
      behind: start >= log.top ? nothingBehind : { messages: log.top - start, bytes: log.bytes - before },
    }
  }

  #readBefore(log: LogState, { before, limit }: { before: number | null; limit: number }): LogPage {
    const end = Math.min(before ?? log.top + 1, log.top + 1)
    const start = Math.max(log.base + 1, end - limit)
    const total = this.#table.placeOf(log, end - 1)?.total ?? 0
    const found = end > start ? this.#backwards.all(log.id, start, end, total - pageBytes, end - 1) : []
    const rows = withoutCutEntry(found as EntryRow[], total - pageBytes)
    const first = rows[0]?.at ?? log.top + 1
    return {
      ...placeOf(log),
      entries: rows.map(toEntry),
      afterId: null,
      prev: first - 1,
      more: rows.length > 0 && first > log.base + 1,
      behind: nothingBehind,
    }
  }
}

/** Removes the first of several entries when only its end is above `least`. */
function withoutCutEntry(rows: readonly EntryRow[], least: number): readonly EntryRow[] {
  const [first, second] = rows
  if (first === undefined || second === undefined) return rows
  return first.total - sizeOf(first) < least ? rows.slice(1) : rows
}

const placeOf = ({ epoch, base, baseId, top, topId }: LogState) => ({
  epoch,
  base,
  baseId,
  top,
  topId,
  exists: top > 0,
})
