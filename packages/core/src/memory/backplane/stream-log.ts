import type { LogEntry, LogHint, LogPage, LogRange, NewMessage } from '../../backplane/backplane.ts'
import { pageBytes } from '../../backplane/page-size.ts'
import { Log } from '../../log/log.ts'
import { Few } from '../../runtime/few.ts'
import type { Complete } from '../../vocabulary/check-options.ts'
import type { JsonText } from '../../vocabulary/json-text.ts'
import { type Position, samePosition } from '../../vocabulary/position.ts'
import { heapBytes, utf8Length } from '../../vocabulary/text.ts'

/** The retention of a log. Above any of its bounds the oldest messages are removed. */
export interface Retention {
  /** Maximum number of messages. Default: 10 000. */
  readonly count?: number | undefined
  /**
   * Maximum size in bytes, as the messages are held in memory: their text, and 300 bytes each. Default: 16
   * MiB.
   */
  readonly bytes?: number | undefined
  /** Maximum age of a message in milliseconds. Default: an hour. */
  readonly age?: number | undefined
}

/** An entry with its size and age. It is one object, because a store keeps very many of them. */
class KeptEntry implements LogEntry {
  readonly event: string
  readonly data: JsonText
  readonly meta: JsonText | null
  readonly from: string | null
  readonly id: string
  readonly at: number
  readonly time: number
  readonly #stored: number
  readonly #bytes: number

  constructor(message: NewMessage, { at, time, stored }: Place) {
    this.event = message.event
    this.data = message.data
    this.meta = message.meta
    this.from = message.from
    this.id = message.id
    this.at = at
    this.time = time
    this.#stored = stored
    this.#bytes = sizeOf(message)
  }

  /** The time on the clock of durations at which the log took the entry. */
  get stored(): number {
    return this.#stored
  }

  /** Bytes in memory. */
  get bytes(): number {
    return this.#bytes
  }
}

/** The place of an entry in its log, and its times. */
interface Place {
  readonly at: number
  readonly time: number
  readonly stored: number
}

/** Bytes that an entry takes in memory besides its texts. */
const entryBytes = 300

/** The entries of every log that has never had any: the inboxes of most users. */
const noEntries = new Log<KeptEntry>()

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
  /** The time at which an ended stream is forgotten; `null` for every other log. */
  forgottenAt: number | null = null
  /** The last time at which the places of logs were asked for, this log among them. */
  asked: number = Number.NEGATIVE_INFINITY
  /** Bytes that the log takes in memory besides its messages. */
  ownBytes = 0
  /** Called for each append. */
  readonly listeners: Few<(hint: LogHint) => void>
  /** The time of the newest entry, below which no later entry goes (P-MT-1). */
  #time = 0
  #kept = noEntries
  /** The time at which the log took its oldest entry: an append need not look at that entry. */
  #oldest = 0
  /** The vote for the main payer: each byte of it counts for the vote, each other byte against it. */
  #main: string | null = null
  #vote = 0

  /** @param listeners - The listeners of the log in whose place this log comes. */
  constructor(epoch: string, now: number, listeners: Few<(hint: LogHint) => void> = new Few()) {
    this.epoch = epoch
    this.written = now
    this.listeners = listeners
  }

  /**
   * The payer of most bytes of the log, by default the user who sent them; `null` for the hub. When no payer has
   * half of them, it is any of the payers.
   */
  get mainPayer(): string | null {
    return this.#main
  }

  get size(): number {
    return this.#kept.size
  }

  /** Appends a message. `now` is the time on the clock of durations, `wallTime` the time of day. */
  append(message: NewMessage, now: number, wallTime: number): LogEntry {
    const time = Math.max(wallTime, this.#time)
    // V8 keeps whole milliseconds in the entry itself, and others in an object of their own.
    const entry = new KeptEntry(message, { at: this.top + 1, time, stored: Math.floor(now) })
    if (this.#kept === noEntries) this.#kept = new Log()
    if (this.size === 0) this.#oldest = entry.stored
    this.#kept.push(entry)
    this.#time = time
    this.top = entry.at
    this.topId = entry.id
    this.bytes += entry.bytes
    this.written = now
    if (message.keep !== undefined) this.forgottenAt = now + message.keep
    this.#countVote(message.payer ?? message.from, entry.bytes)
    return entry
  }

  #countVote(payer: string | null, bytes: number): void {
    if (payer !== this.#main && bytes > this.#vote) {
      this.#main = payer
      this.#vote = bytes - this.#vote
    } else this.#vote += payer === this.#main ? bytes : -bytes
  }

  /** Tells whether the newest entry is at a position; with `null`, whether the epoch has no entries. */
  endsAt(expected: Position | null): boolean {
    return expected === null ? this.top === 0 : samePosition(expected, [this.epoch, this.top, this.topId])
  }

  /** The event of the newest entry; `null` when the log has no longer that entry. */
  get topEvent(): string | null {
    return this.#kept.last?.event ?? null
  }

  /** Empties the entry at a position. Returns `false` when the log does not have it. */
  redact([epoch, at, id]: Position): boolean {
    const kept = this.#kept.at(at)
    if (kept === undefined || kept.id !== id || epoch !== this.epoch) return false
    const emptied = new KeptEntry({ ...kept, event: '$redacted', data: 'null', meta: null }, kept)
    this.#kept.replace(emptied)
    this.bytes += emptied.bytes - kept.bytes
    return true
  }

  /** Removes the entries beyond the retention. */
  trim({ count, bytes, age }: Complete<Retention>, now: number): void {
    while (this.size > 0 && (this.size > count || this.bytes > bytes || now - this.#oldest > age))
      this.trimFirst()
  }

  trimFirst(): void {
    const oldest = this.#kept.shift()
    if (oldest === undefined) return
    this.#oldest = this.#kept.first?.stored ?? 0
    this.base = oldest.at
    this.baseId = oldest.id
    this.bytes -= oldest.bytes
  }

  /** Removes the newest entry, as if it had never been appended. */
  trimLast(): void {
    const newest = this.#kept.pop()
    if (newest === undefined) return
    this.bytes -= newest.bytes
    const last = this.#kept.last
    this.top = last?.at ?? this.base
    this.topId = last?.id ?? this.baseId
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
      entries: page,
      afterId: forward ? (this.#kept.at(range.after)?.id ?? null) : null,
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
    for (const entry of kept) bytes += textLength(entry)
    return { messages: kept.length, bytes }
  }
}

/**
 * Returns the entries that fit a page, but at least one entry: from the front when reading forward, from the
 * end when reading back.
 */
function fit(kept: readonly KeptEntry[], forward: boolean): KeptEntry[] {
  let bytes = 0
  const page: KeptEntry[] = []
  for (const item of forward ? kept : [...kept].reverse()) {
    bytes += frameBytes(item)
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
const sizeOf = ({ event, data, meta, id }: NewMessage): number =>
  entryBytes + heapBytes(data) + (meta === null ? 0 : heapBytes(meta)) + event.length + id.length
