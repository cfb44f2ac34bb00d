/** How far a message is: received from another, or one's own on its way. */
type EntryState = 'received' | 'waiting' | 'sent' | 'failed' | 'uncertain'

/** One thing in a conversation. Never changed in place: what is new is a new object. */
export interface Entry {
  /** The same for all copies of one message. */
  readonly key: string
  readonly kind: 'line' | 'announcement' | 'gap'
  /** Who wrote it; empty for a gap. */
  readonly from: string
  readonly text: string
  /** Milliseconds since 1970. */
  readonly time: number
  readonly state: EntryState
  /** Why it has failed, or why nobody knows. */
  readonly reason?: string
}

/** Messages of one person closer than this look like one. */
const together = 5 * 60_000

/** Whether an entry goes under the one before it, without the name said again. */
export function continues(entry: Entry, before: Entry | undefined): boolean {
  if (before === undefined || entry.kind !== 'line' || before.kind !== 'line') return false
  return entry.from === before.from && Math.abs(entry.time - before.time) < together
}
