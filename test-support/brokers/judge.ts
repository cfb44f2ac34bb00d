import type { Position } from '@chat/core'
import {
  type LogCopy,
  placeOf,
  type ReaderJournal,
  type SeenGap,
  type SeenMessage,
  type SentRecord,
} from './journal.ts'

/** The evidence of a run. */
export interface Evidence {
  readonly sent: readonly SentRecord[]
  readonly readers: readonly ReaderJournal[]
  readonly log: LogCopy
  /** Senders whose process was killed: the outcome of their last sends cannot be known. */
  readonly killed?: ReadonlySet<string>
  /** The time at which the broker was reachable again; `null` without such a moment. */
  readonly backAt?: number | null
}

/** The judgement of a run. Each text of a list is a broken promise. */
export interface Verdict {
  /** Messages that are in the log twice, or that a reader got twice. */
  readonly twice: readonly string[]
  /** Messages of a sender that are in the wrong order. */
  readonly disordered: readonly string[]
  /** Messages that a reader missed without a gap. */
  readonly holes: readonly string[]
  /** Messages that the log has lost after a reader had seen them, without a gap for that reader. */
  readonly unreported: readonly string[]
  /** Sends that never settled. */
  readonly unsettled: readonly string[]
  /** Number of sends. */
  readonly sends: number
  /** Number of acknowledged messages that the log does not have. */
  readonly lost: number
  /** Number of failed sends, by the code of their error. */
  readonly failed: Readonly<Record<string, number>>
  /** Number of gaps that readers were told, by reason. */
  readonly told: Readonly<Record<string, number>>
  /** The longest time without an acknowledgement for a sender that was sending, in milliseconds. */
  readonly longestPause: number
  /** The time after which each sender had an acknowledgement again, in milliseconds. */
  readonly resumedAfter: number | null
}

/** Compares the log, the acknowledgements, and the messages that each reader has seen. */
export function judge(evidence: Evidence): Verdict {
  const { sent, readers, log, killed = new Set() } = evidence
  const ids = new Set(log.entries.map(({ id }) => id))
  const open = sent.filter(({ settledAt, sender }) => settledAt === null && !killed.has(sender))
  return {
    twice: [
      ...repeated(log.entries).map((text) => `the log: ${text}`),
      ...readers.flatMap(({ name, seen }) => repeated(messagesOf(seen)).map((text) => `${name}: ${text}`)),
    ],
    disordered: [
      ...disordered(log.entries).map((text) => `the log: ${text}`),
      ...readers.flatMap(({ name, seen }) => disordered(messagesOf(seen)).map((text) => `${name}: ${text}`)),
    ],
    holes: readers.flatMap((reader) => holes(reader, log)),
    unreported: readers.flatMap((reader) => unreported(reader, log, ids)),
    unsettled: open.map(labelOf),
    sends: sent.length,
    lost: sent.filter(({ position }) => position !== null && isLost(position, log, ids)).length,
    failed: countBy(sent.flatMap(({ code }) => code ?? [])),
    told: countBy(
      readers.flatMap(({ seen }) => seen.flatMap((one) => (one.kind === 'gap' ? one.reason : []))),
    ),
    longestPause: Math.round(longestPause(sent)),
    resumedAfter: resumedAfter(evidence),
  }
}

type Labelled = { readonly sender: string; readonly n: number }

const labelOf = ({ sender, n }: Labelled): string => `${sender} ${n}`

const messagesOf = (seen: readonly (SeenMessage | SeenGap)[]): SeenMessage[] =>
  seen.filter((one) => one.kind === 'message')

function repeated(messages: readonly Labelled[]): string[] {
  const known = new Set<string>()
  return messages.map(labelOf).filter((label) => known.size === known.add(label).size)
}

function disordered(messages: readonly Labelled[]): string[] {
  const latest = new Map<string, number>()
  return messages.flatMap((message) => {
    const before = latest.get(message.sender) ?? -1
    latest.set(message.sender, Math.max(before, message.n))
    return message.n < before ? [`${labelOf(message)} after ${before}`] : []
  })
}

/** Lists the entries between two places of a reader that it did not see, and a change of epoch without gap. */
function holes({ name, start, seen }: ReaderJournal, log: LogCopy): string[] {
  const found: string[] = []
  let place = start
  const goOn = (to: Position, upTo: number): void => {
    if (to[0] !== place[0]) found.push(`${name}: from epoch ${place[0]} to ${to[0]} without a gap`)
    else if (to[0] === log.epoch)
      for (const entry of between(log, place[1], upTo)) found.push(`${name}: misses ${labelOf(entry)}`)
    place = to
  }
  for (const one of seen)
    if (one.kind === 'gap') place = one.to
    else goOn(one.position, one.position[1])
  goOn([log.epoch, log.top, log.topId], log.top + 1)
  return found
}

function between({ entries }: LogCopy, after: number, before: number): LogCopy['entries'] {
  return entries.slice(firstAbove(entries, after), firstAbove(entries, before - 1))
}

/** Returns the index of the first entry with a greater offset. The entries are in their order. */
function firstAbove(entries: LogCopy['entries'], offset: number): number {
  let [low, high] = [0, entries.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((entries[middle]?.at ?? 0) > offset) high = middle
    else low = middle + 1
  }
  return low
}

/** Lists messages that a reader has seen, that the log has lost, and after which no gap came. */
function unreported({ name, seen }: ReaderJournal, log: LogCopy, ids: ReadonlySet<string>): string[] {
  const lastGap = seen.findLastIndex((one) => one.kind === 'gap')
  return messagesOf(seen.slice(lastGap + 1))
    .filter(({ position }) => isLost(position, log, ids))
    .map((message) => `${name}: ${labelOf(message)}`)
}

function isLost([epoch, at, id]: Position, log: LogCopy, ids: ReadonlySet<string>): boolean {
  if (epoch === log.epoch && at <= log.base) return false
  return id === null || !ids.has(id)
}

function countBy(texts: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const text of texts) counts[text] = (counts[text] ?? 0) + 1
  return counts
}

function longestPause(sent: readonly SentRecord[]): number {
  return Math.max(0, ...bySender(sent).map(pauseOf))
}

/** Returns the longest wait of a sender from an acknowledgement, or its first send, to the next. */
function pauseOf(sent: readonly SentRecord[]): number {
  const stored = sent.flatMap(({ position, settledAt }) => (position === null ? [] : (settledAt ?? [])))
  const times = [sent[0]?.sentAt ?? 0, ...stored].sort((a, b) => a - b)
  return Math.max(0, ...times.slice(1).map((time, index) => time - (times[index] ?? time)))
}

function resumedAfter({ sent, backAt = null, killed = new Set() }: Evidence): number | null {
  if (backAt === null) return null
  const alive = sent.filter(({ sender }) => !killed.has(sender))
  const times = bySender(alive).map((own) => {
    const after = own.flatMap(({ position, settledAt }) =>
      position !== null && settledAt !== null && settledAt >= backAt ? [settledAt - backAt] : [],
    )
    return Math.min(...after)
  })
  return Math.round(Math.max(0, ...times))
}

function bySender(sent: readonly SentRecord[]): SentRecord[][] {
  const groups = new Map<string, SentRecord[]>()
  for (const record of sent) {
    const own = groups.get(record.sender) ?? []
    own.push(record)
    groups.set(record.sender, own)
  }
  return [...groups.values()]
}

/** Returns `true` when a reader has reached the end of the log. */
export function hasReached(reader: ReaderJournal, log: LogCopy): boolean {
  const [epoch, at, id] = placeOf(reader)
  return epoch === log.epoch && at === log.top && id === log.topId
}
