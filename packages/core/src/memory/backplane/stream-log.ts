import type { LogEntry, LogPage, LogRange, NewMessage } from '../../backplane/backplane.ts'
import { Log } from '../../log/log.ts'

/** The retention of a log. Above any of its bounds the oldest messages are removed. */
export interface Retention {
  /** Maximum number of messages. Default: 10 000. */
  readonly count?: number
  /** Maximum size in bytes, as JSON. Default: 16 MiB. */
  readonly bytes?: number
  /** Maximum age of a message in milliseconds. Default: an hour. */
  readonly age?: number
}

/** An entry with its size and age. */
interface Kept {
  readonly at: number
  readonly entry: LogEntry
  readonly bytes: number
  readonly stored: number
}

/** Maximum size of a page, so that an answer fits a frame (P-ST-6). */
const pageBytes = 240 * 1024

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
  readonly #kept = new Log<Kept>()

  constructor(epoch: string, now: number) {
    this.epoch = epoch
    this.written = now
  }

  get size(): number {
    return this.#kept.size
  }

  append(message: NewMessage, bytes: number, now: number): LogEntry {
    const { event, data, from, id } = message
    const entry: LogEntry = { at: this.top + 1, event, data, from, id }
    this.#kept.push({ at: entry.at, entry, bytes, stored: now })
    this.top = entry.at
    this.topId = id
    this.bytes += bytes
    this.written = now
    return entry
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
    for (const item of kept) bytes += item.bytes
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
    bytes += item.bytes
    if (bytes > pageBytes && page.length > 0) break
    page.push(item)
  }
  return forward ? page : page.reverse()
}
