import type { GapReason, Position } from '../vocabulary/position.ts'

/** What a log says of itself when a reader wants to go on from a position. */
export interface LogView {
  readonly epoch: string
  readonly base: number
  readonly baseId: string | null
  readonly top: number
  /** The id of the entry that stands at the wanted offset; `null` when nothing does. */
  readonly idAt: string | null
  /** Whether the log has anything of this stream, in this epoch. */
  readonly exists: boolean
}

/**
 * Why a reader cannot go on from a position, the first reason that applies; `null` when it can (P-ST-2).
 *
 * @internal
 */
export function gapReason(position: Position, log: LogView): GapReason | null {
  const [epoch, at, id] = position
  if (at > 0 && !log.exists) return 'absent'
  if (epoch !== log.epoch) return 'epoch'
  if (at < log.base) return 'trimmed'
  if (at > log.top) return 'diverged'
  if (at === 0) return null
  if (at === log.base && log.idAt === null)
    return log.baseId === null || log.baseId === id ? null : 'diverged'
  return log.idAt === id ? null : 'diverged'
}
