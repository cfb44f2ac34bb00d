/** Number of offsets of a stored message: the entry `index` of the message `sequence` is at their sum. */
export const offsetsPerMessage = 1_024

/** The offset of an entry. */
export const toOffset = (sequence: number, index: number): number => sequence * offsetsPerMessage + index

/** The sequence of the message that has the entry at an offset. */
export const toSequence = (offset: number): number => Math.floor(offset / offsetsPerMessage)

/** The index of the entry at an offset in its message. */
export const toIndex = (offset: number): number => offset % offsetsPerMessage

/** A log as it stands before or after a message. Each message carries it, so any message tells of all before. */
export interface LogState {
  readonly epoch: string
  /** The offset of the newest entry; 0 in an empty log. */
  readonly top: number
  readonly topId: string | null
  /** The event of the newest entry; `null` when it is unknown. */
  readonly topEvent: string | null
  /** The time of the newest entry. */
  readonly topTime: number
  /** Number of entries so far. */
  readonly count: number
  /** Bytes of all entries so far. */
  readonly bytes: number
  /** The offset up to which entries do not count any more, because the log was broken; else 0. */
  readonly floor: number
  /** The greatest offset of a redacted entry; else 0. */
  readonly redacted: number
  /** The sequence of the newest message at which a search backwards halts; else 0. */
  readonly anchor: number
}

/** An entry, with the key by which its repetition is recognised. */
export interface StoredEntry {
  readonly id: string
  readonly event: string
  readonly from: string | null
  readonly time: number
  readonly data: string
  readonly meta: string | null
  readonly user: string
  readonly session: string
  readonly ref: number
  readonly hash: string
  readonly window: number
  readonly by: string
  /** Time after which the log is forgotten, of the last entry of a stream. */
  readonly keep?: number | undefined
  /** Size of data, meta, event and id, in bytes. */
  readonly bytes: number
}

/** A message of a log's subject. A marker has no entries: it only says how the log stands. */
export interface LogMessage {
  readonly sequence: number
  /** The sequence of the message before; 0 for the first. */
  readonly previous: number
  readonly before: LogState
  readonly entries: readonly StoredEntry[]
}

/** Entries and bytes between two messages at which a search backwards halts. */
const anchorEntries = 64
const anchorBytes = 131_072

/** Returns a log without entries. */
export const emptyState = (epoch: string): LogState => ({
  epoch,
  top: 0,
  topId: null,
  topEvent: null,
  topTime: 0,
  count: 0,
  bytes: 0,
  floor: 0,
  redacted: 0,
  anchor: 0,
})

/** Returns the log as it stands after a message. */
export function stateAfter({ sequence, before, entries }: LogMessage): LogState {
  const newest = entries.at(-1)
  if (newest === undefined) return before
  const count = before.count + entries.length
  let { bytes } = before
  for (const entry of entries) bytes += entry.bytes
  const isAnchor =
    before.count === 0 ||
    Math.floor(count / anchorEntries) !== Math.floor(before.count / anchorEntries) ||
    Math.floor(bytes / anchorBytes) !== Math.floor(before.bytes / anchorBytes)
  return {
    ...before,
    top: toOffset(sequence, entries.length - 1),
    topId: newest.id,
    topEvent: newest.event,
    topTime: newest.time,
    count,
    bytes,
    anchor: isAnchor ? sequence : before.anchor,
  }
}

/** Tells if a log is a stream whose time is up, by its newest message (P-SM-10). */
export function isOver({ entries }: LogMessage, now: number): boolean {
  const last = entries.at(-1)
  return last?.keep !== undefined && now - last.time >= last.keep
}

/** Returns the size of an entry, in bytes. */
export const entryBytes = ({ data, meta, event, id }: Omit<StoredEntry, 'bytes'>): number =>
  Buffer.byteLength(data) + (meta === null ? 0 : Buffer.byteLength(meta)) + event.length + id.length
