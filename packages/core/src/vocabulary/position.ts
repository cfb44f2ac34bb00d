/**
 * A position in the log of an address: the epoch, the offset, and the id of the message at that offset.
 * `[epoch, 0, null]` is the position before the first message. A position can be stored, and given back after
 * a reload.
 */
export type Position = readonly [epoch: string, at: number, id: string | null]

/** The place that the log gave a message, as its sender learns it. */
export interface Stored {
  /** The position of the message in the log of its address. */
  readonly position: Position
  /**
   * The id of the message, the same as in `position`. Identifies the sender's own copy when it comes back
   * through a room.
   */
  readonly id: string
}

/**
 * The position at which a reader starts, as the answer to a join and in the streams of `welcome` (P-ST-3).
 */
export interface LogStart {
  /** The position before the first message that follows. */
  readonly position: Position
  /** The offset of the newest message. */
  readonly top: number
  /**
   * `live` at the top, `replay` behind it, `gap` when the reader could not go on from the position it asked
   * for.
   */
  readonly mode: 'live' | 'replay' | 'gap'
  /** The reason of a `gap`. */
  readonly reason?: GapReason | undefined
}

/**
 * The reason why messages were lost to a reader: `trimmed` (the log keeps them no longer), `epoch` (the log
 * was lost and began anew), `diverged` (the log has other messages at these offsets), `limit` (more than one
 * join may ask for), `absent` (the log does not have the position). PROTOCOL §4.
 */
export type GapReason = 'trimmed' | 'epoch' | 'diverged' | 'limit' | 'absent'

/** Compares two positions: the same offset of the same epoch, with the same message. */
export const samePosition = (a: Position, b: Position): boolean =>
  a[0] === b[0] && a[1] === b[1] && a[2] === b[2]

/** The maximum length of an epoch, which is opaque (P-ST-1). */
const maxEpochLength = 16

/** Reads a value from outside as a position; `null` when it is malformed (P-FR-6). */
export function toPosition(value: unknown): Position | null {
  if (!Array.isArray(value)) return null
  const [epoch, at, id] = value as [...Position, ...unknown[]]
  if (typeof epoch !== 'string' || epoch === '' || epoch.length > maxEpochLength) return null
  if (!Number.isSafeInteger(at)) return null
  const fits = at === 0 ? id === null : at > 0 && typeof id === 'string'
  return fits ? [epoch, at, id] : null
}
