import { type LogEntry, type LogPage, type LogRange, pageBytes } from '@chat/core/backplane'
import { BrokenChain, type Chain } from './chain.ts'
import { type LogMessage, type LogState, stateAfter, toIndex, toOffset, toSequence } from './log-state.ts'

/** The bounds of a log: the newest message, and the place before the oldest entry. */
interface Bounds {
  readonly name: string
  readonly last: LogMessage
  readonly head: LogState
  readonly first: LogMessage
  readonly base: number
  readonly baseId: string | null
}

/** An entry with the offset before it and its size. */
interface Placed {
  readonly entry: LogEntry
  readonly prev: number
  readonly bytes: number
}

const nothing = { messages: 0, bytes: 0 }
/** Number of times that a page is read anew because messages were trimmed meanwhile. */
const attempts = 3
/** Entries up to this number are searched backwards one by one. */
const fewEntries = 16

/** Returns the page of a log without entries. */
export const emptyPage = (epoch: string): LogPage => ({
  epoch,
  base: 0,
  baseId: null,
  top: 0,
  topId: null,
  exists: false,
  entries: [],
  afterId: null,
  prev: 0,
  more: false,
  behind: nothing,
})

/** Reads pages of logs. The newest message is read first, and bounds the page. */
export class LogReader {
  readonly #chain: Chain

  constructor(chain: Chain) {
    this.#chain = chain
  }

  /**
   * Reads a page; `null` when the log is unknown.
   *
   * @throws BrokenChain when the log has lost a message.
   */
  async read(name: string, range: LogRange): Promise<LogPage | null> {
    for (let attempt = 1; ; attempt++) {
      try {
        const bounds = await this.#bounds(name)
        if (bounds === null) return null
        return 'after' in range ? await this.#after(bounds, range) : await this.#before(bounds, range)
      } catch (error) {
        if (!(error instanceof BrokenChain) || attempt === attempts) throw error
      }
    }
  }

  async #bounds(name: string): Promise<Bounds | null> {
    const [newest, oldest] = await Promise.all([this.#chain.last(name), this.#chain.next(name, 1)])
    if (newest === null) return null
    const last = newest.message
    const head = stateAfter(last)
    if (oldest === null || oldest.sequence > last.sequence) throw new BrokenChain()
    let first = oldest
    for (let copy: LogMessage | null = oldest; copy !== null && head.redacted > 0; ) {
      first = copy
      copy = (await this.#chain.copy(name, toSequence(first.before.top)))?.message ?? null
    }
    const { top: base, topId: baseId } = first.before
    if (head.floor > base) return { name, last, head, first, base: head.floor, baseId: null }
    return { name, last, head, first, base, baseId }
  }

  async #after(bounds: Bounds, { after, limit }: { after: number; limit: number }): Promise<LogPage> {
    const { head, base } = bounds
    if (after >= head.top) {
      const afterId = after === head.top && after > base ? head.topId : null
      return { ...pageOf(bounds), afterId, prev: head.top }
    }
    const from = Math.max(after, base)
    const messages = await this.#forwards(bounds, from, limit)
    const placed = place(messages).filter(({ entry }) => entry.at > from && entry.at <= head.top)
    const fitting = fit(placed.slice(0, limit))
    const newest = fitting.at(-1)?.entry.at ?? from
    return {
      ...pageOf(bounds),
      entries: fitting.map(({ entry }) => entry),
      afterId: after > base ? idAt(messages, after) : null,
      prev: fitting[0]?.prev ?? from,
      more: newest < head.top,
      behind: sizeBehind(head, messages, from),
    }
  }

  /** Collects the messages after an offset, with the message that has the entry at the offset. */
  async #forwards(bounds: Bounds, from: number, limit: number): Promise<LogMessage[]> {
    const { name, last, first } = bounds
    const found = toSequence(from) <= first.sequence ? first : await this.#chain.next(name, toSequence(from))
    if (found === null) throw new BrokenChain()
    const missing = await this.#chain.between(name, from, found)
    const [start = found] = missing
    const passed = countBelow(start, from + 1)
    const counted = missing.reduce((sum, { entries }) => sum + entries.length, 0)
    const range = { name, start: found, end: last.sequence, bytes: pageBytes + bytesUpTo(found, from) }
    const entries = Math.max(1, limit + passed - counted)
    return [...missing, ...(await this.#chain.collect({ ...range, entries }))]
  }

  async #before(
    bounds: Bounds,
    { before, limit }: { before: number | null; limit: number },
  ): Promise<LogPage> {
    const { head, base } = bounds
    const end = before === null || before > head.top ? head.top + 1 : before
    const messages = end <= base + 1 ? [] : await this.#backwards(bounds, end, limit)
    const placed = place(messages).filter(({ entry }) => entry.at > base && entry.at < end)
    const fitting = fit(placed.slice(-limit).reverse()).reverse()
    const prev = fitting[0]?.prev ?? base
    return {
      ...pageOf(bounds),
      entries: fitting.map(({ entry }) => entry),
      prev,
      more: fitting.length > 0 && prev > base,
    }
  }

  /** Collects the messages before an offset, so that they have at least `limit` entries or fill a page. */
  async #backwards(bounds: Bounds, end: number, limit: number): Promise<LogMessage[]> {
    const { name, first, head } = bounds
    const newest = end > head.top ? bounds.last : await this.#from(name, toSequence(end))
    const wanted = newest.before.count + countBelow(newest, end) - limit
    const enough = newest.before.bytes - pageBytes
    let start = newest
    while (start.before.count > Math.max(wanted, 0) && start.before.bytes > enough) {
      const { top, anchor } = start.before
      const sequence = limit <= fewEntries || anchor === 0 ? toSequence(top) : anchor
      const found = sequence < first.sequence ? null : await this.#chain.at(name, sequence)
      start = found ?? first
      if (found === null) break
    }
    const entries = newest.before.count + newest.entries.length - start.before.count
    const bytes = Number.POSITIVE_INFINITY
    return this.#chain.collect({ name, start, end: newest.sequence, entries, bytes })
  }

  /** Reads the message of a sequence, or the first behind it. */
  async #from(name: string, sequence: number): Promise<LogMessage> {
    const found = (await this.#chain.at(name, sequence)) ?? (await this.#chain.next(name, sequence))
    if (found === null) throw new BrokenChain()
    return found
  }
}

/** Number of entries of a message before an offset. */
const countBelow = ({ sequence, entries }: LogMessage, end: number): number =>
  entries.filter((_, index) => toOffset(sequence, index) < end).length

function pageOf({ head, base, baseId }: Bounds): LogPage {
  const { epoch, top, topId } = head
  return { ...emptyPage(epoch), base, baseId, top, topId, exists: top > 0 }
}

function place(messages: readonly LogMessage[]): Placed[] {
  const placed: Placed[] = []
  for (const { sequence, before, entries } of messages) {
    let prev = before.top
    for (const [index, { id, event, from, time, data, meta, bytes }] of entries.entries()) {
      const at = toOffset(sequence, index)
      placed.push({ entry: { at, id, event, data, meta, from, time }, prev, bytes })
      prev = at
    }
  }
  return placed
}

/** Returns the entries that fit a page, but at least one. */
function fit(placed: readonly Placed[]): Placed[] {
  let bytes = 0
  const fitting: Placed[] = []
  for (const each of placed) {
    bytes += each.bytes
    if (bytes > pageBytes && fitting.length > 0) break
    fitting.push(each)
  }
  return fitting
}

/** The id of the entry at an offset: of the entry itself, or as the message behind it names it. */
function idAt(messages: readonly LogMessage[], offset: number): string | null {
  for (const { sequence, before, entries } of messages) {
    if (before.top === offset) return before.topId
    if (sequence === toSequence(offset)) return entries[toIndex(offset)]?.id ?? null
  }
  return null
}

function sizeBehind(
  head: LogState,
  [first]: readonly LogMessage[],
  from: number,
): { messages: number; bytes: number } {
  if (first === undefined) return nothing
  const passed = countBelow(first, from + 1)
  const bytes = head.bytes - first.before.bytes - bytesUpTo(first, from)
  return { messages: head.count - first.before.count - passed, bytes: Math.max(0, bytes) }
}

function bytesUpTo({ sequence, entries }: LogMessage, offset: number): number {
  let bytes = 0
  for (const [index, entry] of entries.entries())
    if (toOffset(sequence, index) <= offset) bytes += entry.bytes
  return bytes
}
