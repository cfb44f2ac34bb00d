/** The state of a message: received from another person, or the progress of an own message. */
type EntryState = 'received' | 'waiting' | 'sent' | 'failed' | 'uncertain'

/** An entry of a conversation. Immutable: each change makes a new object. */
export interface Entry {
  /** Identical for all copies of the same message. */
  readonly key: string
  readonly kind: 'line' | 'announcement' | 'gap'
  /** The name of the sender; empty for a gap. */
  readonly from: string
  readonly text: string
  /** Milliseconds since 1970. */
  readonly time: number
  readonly state: EntryState
  /** The reason for a failed or uncertain message. */
  readonly reason?: string
}

/** Messages of a person within this time, in milliseconds, are shown as a group. */
const together = 5 * 60_000

/** Returns `true` if an entry continues the group of the entry before it, without a name of its own. */
export function continues(entry: Entry, before: Entry | undefined): boolean {
  if (before === undefined || entry.kind !== 'line' || before.kind !== 'line') return false
  return entry.from === before.from && Math.abs(entry.time - before.time) < together
}
