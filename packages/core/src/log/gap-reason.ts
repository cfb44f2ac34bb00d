import type { GapReason, Position } from '../vocabulary/position.ts'

/** The state of a log, against which the position of a reader is examined. */
export interface LogView {
  readonly epoch: string
  readonly base: number
  readonly baseId: string | null
  readonly top: number
  /** The id of the entry at the offset of the position; `null` when the log has no entry there. */
  readonly idAt: string | null
  /** `true` once a message was appended in this epoch. */
  readonly exists: boolean
}

/**
 * Returns the first reason for which a reader cannot continue from a position; `null` when it can (P-ST-2).
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
