import type { Position } from '@chat/core'

/** The room of all traffic. */
export const room = '#fault'
/** The event of all traffic. */
export const event = 'say'

/** The data of each message: its sender, and the sender's own number for it. */
export interface Said {
  readonly sender: string
  readonly n: number
  /** Makes the message larger. */
  readonly padding?: string
}

/** A send of a client or of a hub, with its outcome. Times are those of `performance.now()`. */
export interface SentRecord {
  readonly sender: string
  readonly n: number
  readonly sentAt: number
  /** The time of the outcome; `null` while it is open. */
  settledAt: number | null
  /** The position in the log; `null` for a send that failed. */
  position: Position | null
  /** The code of the error; `null` for a send that was stored. */
  code: string | null
}

/** A message that a reader has seen. */
export interface SeenMessage {
  readonly kind: 'message'
  readonly sender: string
  readonly n: number
  readonly position: Position
}

/** A gap that a reader was told. */
export interface SeenGap {
  readonly kind: 'gap'
  readonly reason: string
  /** The position after the gap. */
  readonly to: Position
}

/** Messages and gaps of a reader, in their order, and the position from which it reads. */
export interface ReaderJournal {
  readonly name: string
  readonly start: Position
  readonly seen: readonly (SeenMessage | SeenGap)[]
}

/** An entry of a log, as the judge needs it. */
export interface LoggedMessage {
  readonly at: number
  readonly id: string
  readonly sender: string
  readonly n: number
}

/** A whole log, read through a backplane. */
export interface LogCopy {
  readonly epoch: string
  readonly base: number
  readonly top: number
  readonly topId: string | null
  readonly entries: readonly LoggedMessage[]
}

/** Returns the position at which a reader stands after all that it has seen. */
export function placeOf({ start, seen }: ReaderJournal): Position {
  const last = seen.at(-1)
  if (last === undefined) return start
  return last.kind === 'gap' ? last.to : last.position
}
