import { unavailable } from '../connection/unavailable.ts'
import type { StreamMessage } from '../jetstream/jetstream.ts'
import { entryBytes, type LogMessage, type LogState, type StoredEntry } from './log-state.ts'

/** The state before a message, as numbers and texts in a fixed order. */
type StateRow = [
  epoch: string,
  top: number,
  topId: string | null,
  topEvent: string | null,
  topTime: number,
  count: number,
  bytes: number,
  floor: number,
  redacted: number,
  anchor: number,
]

/** The parts of an entry besides its data and meta, of which the row has the lengths. */
type EntryRow = [
  id: string | 0,
  event: string,
  from: string | null | 0,
  time: number,
  user: string,
  session: string,
  ref: number,
  hash: string,
  window: number,
  by: string,
  data: number,
  meta: number,
  keep?: number,
]

type Header = [previous: number, state: StateRow, entries: EntryRow[]]

/**
 * Writes a message: a line of JSON, then the data and meta of its entries as they are, so that no node parses
 * or escapes them.
 */
export function formatMessage({ previous, before, entries }: Omit<LogMessage, 'sequence'>): string {
  const header: Header = [previous, toStateRow(before), entries.map(toEntryRow)]
  let text = `${JSON.stringify(header)}\n`
  for (const { data, meta } of entries) text += meta === null ? data : data + meta
  return text
}

/**
 * Reads a message.
 *
 * @throws ChatError with the code `unavailable` when another program has written it.
 */
export function parseMessage(message: Pick<StreamMessage, 'sequence' | 'data'>): LogMessage {
  try {
    return parse(message)
  } catch (error) {
    throw unavailable(
      'read a log',
      `the message ${message.sequence} of its stream is of another program`,
      error,
    )
  }
}

function parse({ sequence, data }: Pick<StreamMessage, 'sequence' | 'data'>): LogMessage {
  const text = data.toString()
  const end = text.indexOf('\n')
  const [previous, state, rows] = JSON.parse(text.slice(0, end)) as Header
  const entries: StoredEntry[] = []
  let place = end + 1
  for (const row of rows) {
    const [, , , , , , , , , , size, meta] = row
    const entry = toEntry(row, text.slice(place, place + size), text.slice(place + size, place + size + meta))
    entries.push(entry)
    place += size + meta
  }
  return { sequence, previous, before: toState(state), entries }
}

const toStateRow = (state: LogState): StateRow => [
  state.epoch,
  state.top,
  state.topId,
  state.topEvent,
  state.topTime,
  state.count,
  state.bytes,
  state.floor,
  state.redacted,
  state.anchor,
]

function toState([
  epoch,
  top,
  topId,
  topEvent,
  topTime,
  count,
  bytes,
  floor,
  redacted,
  anchor,
]: StateRow): LogState {
  return { epoch, top, topId, topEvent, topTime, count, bytes, floor, redacted, anchor }
}

function toEntryRow(entry: StoredEntry): EntryRow {
  const { id, event, from, time, user, session, ref, hash, window, by, data, meta, keep } = entry
  const row: EntryRow = [
    id === `${session}.${ref}` ? 0 : id,
    event,
    from === user ? 0 : from,
    time,
    user,
    session,
    ref,
    hash,
    window,
    by,
    data.length,
    meta?.length ?? 0,
  ]
  if (keep !== undefined) row.push(keep)
  return row
}

function toEntry(row: EntryRow, data: string, metaText: string): StoredEntry {
  const [id, event, from, time, user, session, ref, hash, window, by, , , keep] = row
  const entry = {
    id: id === 0 ? `${session}.${ref}` : id,
    event,
    from: from === 0 ? user : from,
    time,
    data,
    meta: metaText === '' ? null : metaText,
    user,
    session,
    ref,
    hash,
    window,
    by,
    keep,
  }
  return { ...entry, bytes: entryBytes(entry) }
}
