import { JoinedData } from '../../contract/joined-data.ts'
import { resultBytes, streamEntryBytes } from '../../protocol/limits.ts'
import type { JsonText } from '../../vocabulary/json-text.ts'
import { endEvent } from '../../vocabulary/message.ts'
import type { Position } from '../../vocabulary/position.ts'
import { utf8Length } from '../../vocabulary/text.ts'
import { readEnd, type StoredEnd } from './stream-end.ts'
import { readHead, type StreamHead } from './stream-head.ts'
import type { StreamLogs } from './stream-logs.ts'

/** Entries in a page of a stream. */
const pageSize = 256

/** The last entry of a stream. */
export interface StreamTop {
  /** Its position. */
  readonly position: Position
  /** The name of the stream; of one that has ended `$end`. */
  readonly event: string
  /** The id of the user in whose name the stream is written; `null` for the hub. */
  readonly from: string | null
  /** The end of the stream; `null` while the stream is open. */
  readonly end: StoredEnd | null
}

/** A stream that has ended. */
export interface ClosedStream {
  readonly head: StreamHead
  readonly end: StoredEnd
  /** The whole; `null` above 256 KiB (P-SM-7). */
  readonly whole: JsonText | null
}

/** Reads the last entry of a stream; resolves with `null` for a stream that is gone. */
export async function readTop(logs: StreamLogs, address: string): Promise<StreamTop | null> {
  const { epoch, exists, base, entries } = await logs.read(address, { before: null, limit: 1 })
  const last = entries.at(-1)
  if (!exists || base > 0 || last === undefined) return null
  const end = last.event === endEvent ? readEnd(last.data) : null
  return { position: [epoch, last.at, last.id], event: last.event, from: last.from, end }
}

/** Reads the head of a stream; resolves with `null` for a stream that is gone. */
export async function readStoredHead(logs: StreamLogs, address: string): Promise<StreamHead | null> {
  const { base, entries } = await logs.read(address, { after: 0, limit: 1 })
  const [first] = entries
  return base > 0 || first === undefined ? null : readHead(address, first)
}

/** A stream that is written. */
export interface OpenStream {
  readonly head: StreamHead
  /** The position of its last entry. */
  readonly position: Position
  /** The size of its entries, as P-SM-3 counts it. */
  readonly bytes: number
}

/** Reads a stream as a whole; resolves with `null` for a stream that is open or gone. */
export async function readClosed(logs: StreamLogs, address: string): Promise<ClosedStream | null> {
  const stream = await readStored(logs, address)
  return stream !== null && 'end' in stream ? stream : null
}

/** Reads a stream as a whole; resolves with `null` for a stream that is gone. */
export async function readStored(
  logs: StreamLogs,
  address: string,
): Promise<ClosedStream | OpenStream | null> {
  let head: StreamHead | null = null
  let position: Position | null = null
  let bytes = 0
  let whole: JoinedData | null = null
  let kept = true
  for (let after = 0; ; ) {
    const { epoch, base, entries, more } = await logs.read(address, { after, limit: pageSize })
    if (base > 0) return null
    for (const entry of entries) {
      head ??= readHead(address, entry)
      if (head === null) return null
      if (entry.event === endEvent)
        return { head, end: readEnd(entry.data), whole: kept ? (whole?.json ?? null) : null }
      whole ??= new JoinedData(head.kind)
      kept &&= whole.bytesWith(entry.data) <= resultBytes
      if (kept) whole.add(entry.data)
      after = entry.at
      position = [epoch, after, entry.id]
      bytes += utf8Length(entry.data) + streamEntryBytes
    }
    if (!more || entries.length === 0)
      return head === null || position === null ? null : { head, position, bytes }
  }
}
