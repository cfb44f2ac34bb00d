import { destinationKind } from '../../vocabulary/address.ts'
import { type Position, toPosition } from '../../vocabulary/position.ts'

/** Version of the text. */
const version = 1

/** Position of a user in the log of an address, as a storage has it. */
export interface SavedPosition {
  readonly user: string
  readonly address: string
  readonly position: Position
  /** Time of day at which it was saved, in milliseconds since 1970. */
  readonly time: number
}

/**
 * Reads saved positions from a text, the newest first. Malformed positions are left out.
 *
 * @throws RangeError when the text has another version, and SyntaxError when it is not JSON.
 */
export function parsePositions(text: string): SavedPosition[] {
  const parsed: unknown = JSON.parse(text)
  const [found, rows] = Array.isArray(parsed) ? (parsed as unknown[]) : []
  if (found !== version || !Array.isArray(rows)) throw new RangeError('the text is not of this version')
  return rows.flatMap((row) => toSavedPosition(row) ?? [])
}

/** Returns saved positions as a text. */
export const encodePositions = (saved: readonly SavedPosition[]): string =>
  JSON.stringify([version, saved.map(({ user, address, position, time }) => [user, address, position, time])])

function toSavedPosition(row: unknown): SavedPosition | null {
  if (!Array.isArray(row)) return null
  const [user, address, given, time] = row as unknown[]
  const position = toPosition(given)
  if (typeof user !== 'string' || typeof address !== 'string' || destinationKind(address) === null)
    return null
  return position !== null && Number.isFinite(time) ? { user, address, position, time: Number(time) } : null
}
