import { sameDigest, type TakeAttempt, type TakeResult } from '@chat/core/backplane'
import type { Change } from '../jetstream/cell.ts'

/** The hash of a secret, and the number of the greatest attempt with it. */
type Secret = readonly [hash: string, attempts: number]

/** A session record as JetStream keeps it. */
export interface StoredSession {
  readonly user: string
  readonly node: string | null
  /** The mark of the user when the record was put; `null` for a user without a mark. */
  readonly mark: string | null
  readonly newest: Secret
  /** The secret that was exchanged for the newest, valid until the newest has proven to have arrived. */
  readonly older: Secret | null
  readonly generation: number
  readonly lastRef: number
  /** The time at which it expires, by the clock of the server. */
  readonly expires: number
  /** `true` when it cannot be taken any more. It is kept so that a renewal learns of the drop. */
  readonly dropped: boolean
}

/** Decides an attempt to take a living record of the right user. */
export function takeOver(
  record: StoredSession,
  { secret, n, next, node }: TakeAttempt,
  expires: number,
): Change<StoredSession, TakeResult> {
  const used = match(record, secret)
  if (used === null) return { answer: { outcome: 'unknown' } }
  const [hash, attempts] = used
  if (n <= attempts) return { answer: { outcome: 'stale' } }
  const generation = record.generation + 1
  return {
    answer: { outcome: 'taken', generation, lastRef: record.lastRef, node: holderOf(record) },
    write: { ...record, newest: [next, 0], older: [hash, n], generation, node, expires },
  }
}

/**
 * The node that holds a session. After a taking over that was not confirmed it is unknown: the node may never
 * have learned that it holds the session.
 */
export const holderOf = ({ node, older }: StoredSession): string | null => (older === null ? node : null)

/** Always compares with both secrets, so that the time does not tell them apart. */
function match({ newest, older }: StoredSession, hash: string): Secret | null {
  const isNewest = sameDigest(newest[0], hash)
  const isOlder = older !== null && sameDigest(older[0], hash)
  if (isNewest) return newest
  return isOlder ? older : null
}
