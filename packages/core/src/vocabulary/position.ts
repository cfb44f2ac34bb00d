/**
 * A place in a stream: the epoch, the offset, and the id of the message that stands there. `[epoch, 0, null]` is
 * before the first. It can be stored, and given back after a reload.
 */
export type Position = readonly [epoch: string, at: number, id: string | null]

/** The place and the id that the log gave a message, as its sender learns them. */
export interface Stored {
  readonly epoch: string
  readonly at: number
  /** Identifies the sender's own copy when it comes back through a room. */
  readonly id: string
}

/** Where a reader stands, as the answer to a join and in `welcome.streams` (P-ST-3). */
export interface LogStart {
  readonly epoch: string
  readonly at: number
  readonly id: string | null
  readonly top: number
  readonly mode: 'live' | 'replay' | 'gap'
  readonly reason?: GapReason | undefined
}

/** Why messages were lost to a reader: PROTOCOL §4. */
export type GapReason = 'trimmed' | 'epoch' | 'diverged' | 'limit' | 'absent'

/**
 * Whether two positions are the same place, with the same message in it.
 *
 * @internal
 */
export const samePosition = (a: Position, b: Position): boolean =>
  a[0] === b[0] && a[1] === b[1] && a[2] === b[2]

/** Epochs are opaque, and at most this long (P-ST-1). */
const longestEpoch = 16

/**
 * The position a value is, or `null` when it is none (P-FR-6).
 *
 * @internal
 */
export function toPosition(value: unknown): Position | null {
  if (!Array.isArray(value) || value.length < 3) return null
  const [epoch, at, id] = value as unknown[]
  if (typeof epoch !== 'string' || epoch === '' || epoch.length > longestEpoch) return null
  if (!Number.isSafeInteger(at)) return null
  if (at === 0) return id === null ? [epoch, 0, null] : null
  return (at as number) > 0 && typeof id === 'string' ? [epoch, at as number, id] : null
}
