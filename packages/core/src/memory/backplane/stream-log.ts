import type { LogEntry, LogPage, LogRange, NewMessage } from '../../backplane/backplane.ts'
import { pageBytes } from '../../backplane/page-size.ts'
import { Log } from '../../log/log.ts'
import { type Position, samePosition } from '../../vocabulary/position.ts'
import { heapBytes, utf8Length } from '../../vocabulary/text.ts'

/** The retention of a log. Above any of its bounds the oldest messages are removed. */
export interface Retention {
  /** Maximum number of messages. Default: 10 000. */
  readonly count?: number
  /**
   * Maximum size in bytes, as the messages are held in memory: their text, and 300 bytes each. Default: 16
   * MiB.
   */
  readonly bytes?: number
  /** Maximum age of a message in milliseconds. Default: an hour. */
  readonly age?: number
}

/** An entry with its size and age. */
interface Kept {
  readonly at: number
  entry: LogEntry
  /** Bytes in memory. */
  bytes: number
  readonly stored: number
}

/** Bytes that an entry takes in memory besides its texts. */
const entryBytes = 300

/** The log of an address in memory. */
export class StreamLog {
  /** Changes only when the log has proven to have lost entries. */
  epoch: string
  base = 0
  baseId: string | null = null
  top = 0
  topId: string | null = null
  bytes = 0
  written: number
  /** The last time at which the places of logs were asked for, this log among them. */
  asked: number = Number.NEGATIVE_INFINITY
  /** The time of the newest entry, below which no later entry goes (P-MT-1). */
  #time = 0
  readonly #kept = new Log<Kept>()

  constructor(epoch: string, now: number) {
    this.epoch = epoch
    this.written = now
  }

  get size(): number {
    return this.#kept.size
  }

  /** Appends a message. `now` is the time on the clock of durations, `wallTime` the time of day. */
  append(message: NewMessage, now: number, wallTime: number): LogEntry {
    const { event, data, meta, from, id } = message
    const time = Math.max(wallTime, this.#time)
    const entry: LogEntry = { event, data, meta, from, id, at: this.top + 1, time }
    const bytes = sizeOf(entry)
    this.#kept.push({ at: entry.at, entry, bytes, stored: now })
    this.#time = time
    this.top = entry.at
    this.topId = id
    this.bytes += bytes
    this.written = now
    return entry
  }

  /** Tells whether the newest entry is at a position; with `null`, whether the epoch has no entries. */
  endsAt(expected: Position | null): boolean {
    return expected === null ? this.top === 0 : samePosition(expected, [this.epoch, this.top, this.topId])
  }

  /** The event of the newest entry; `null` when the log has no longer that entry. */
  get topEvent(): string | null {
    return this.#kept.last?.entry.event ?? null
  }

  /** Empties the entry at a position. Returns `false` when the log does not have it. */
  redact([epoch, at, id]: Position): boolean {
    const kept = this.#kept.at(at)
    if (kept === undefined || kept.entry.id !== id || epoch !== this.epoch) return false
    kept.entry = { ...kept.entry, event: '$redacted', data: 'null', meta: null }
    const bytes = sizeOf(kept.entry)
    this.bytes += bytes - kept.bytes
    kept.bytes = bytes
    return true
  }

  /** Removes the entries beyond the retention. */
  trim(retention: Required<Retention>, now: number): void {
    for (let oldest = this.#kept.first; oldest !== undefined; oldest = this.#kept.first) {
      const within =
        this.#kept.size <= retention.count &&
        this.bytes <= retention.bytes &&
        now - oldest.stored <= retention.age
      if (within) return
      this.trimFirst()
    }
  }

  trimFirst(): void {
    const oldest = this.#kept.shift()
    if (oldest === undefined) return
    this.base = oldest.at
    this.baseId = oldest.entry.id
    this.bytes -= oldest.bytes
  }

  /** Removes the newest entry, as if it had never been appended. */
  trimLast(): void {
    const newest = this.#kept.pop()
    if (newest === undefined) return
    this.bytes -= newest.bytes
    const last = this.#kept.last
    this.top = last?.at ?? this.base
    this.topId = last?.entry.id ?? this.baseId
  }

  read(range: LogRange): LogPage {
    const forward = 'after' in range
    const kept = forward
      ? this.#kept.after(range.after, range.limit)
      : this.#kept.upTo(range.before ?? this.top + 1, range.limit)
    const page = fit(kept, forward)
    const first = page[0]?.at ?? this.top + 1
    const last = page.at(-1)?.at ?? (forward ? range.after : 0)
    return {
      epoch: this.epoch,
      base: this.base,
      baseId: this.baseId,
      top: this.top,
      topId: this.topId,
      exists: this.top > 0,
      entries: page.map(({ entry }) => entry),
      afterId: forward ? (this.#kept.at(range.after)?.entry.id ?? null) : null,
      prev: this.#kept.before(first)?.at ?? Math.min(this.base, first - 1),
      behind: forward ? this.#behind(range.after) : { messages: 0, bytes: 0 },
      more: forward
        ? last < this.top && page.length > 0
        : page.length > 0 && first > (this.#kept.first?.at ?? 0),
    }
  }

  #behind(offset: number): { messages: number; bytes: number } {
    if (offset >= this.top) return { messages: 0, bytes: 0 }
    const kept = this.#kept.after(offset, this.#kept.size)
    let bytes = 0
    for (const { entry } of kept) bytes += textLength(entry)
    return { messages: kept.length, bytes }
  }
}

/**
 * Returns the entries that fit a page, but at least one entry: from the front when reading forward, from the
 * end when reading back.
 */
function fit(kept: readonly Kept[], forward: boolean): Kept[] {
  let bytes = 0
  const page: Kept[] = []
  for (const item of forward ? kept : [...kept].reverse()) {
    bytes += frameBytes(item.entry)
    if (bytes > pageBytes && page.length > 0) break
    page.push(item)
  }
  return forward ? page : page.reverse()
}

/** Returns about the size of an entry in a frame, in bytes. */
const frameBytes = ({ event, data, meta, id }: LogEntry): number =>
  utf8Length(data) + (meta === null ? 0 : utf8Length(meta)) + event.length + id.length

/** Returns the length of an entry's texts. */
const textLength = ({ event, data, meta, id }: LogEntry): number =>
  data.length + (meta?.length ?? 0) + event.length + id.length

/** Returns the bytes of an entry in memory. */
const sizeOf = ({ event, data, meta, id }: LogEntry): number =>
  entryBytes + heapBytes(data) + (meta === null ? 0 : heapBytes(meta)) + event.length + id.length
