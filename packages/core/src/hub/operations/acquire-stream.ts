import type { WireError } from '../../protocol/encode.ts'
import type { MaybePromise } from '../../runtime/maybe-promise.ts'
import { parentOf } from '../../vocabulary/address.ts'
import type { Position } from '../../vocabulary/position.ts'
import type { StreamFeed } from '../delivery/stream-feed.ts'
import { authorize } from '../policy/authorize.ts'
import type { Session } from '../sessions/session.ts'
import type { AcquiredLog } from '../sessions/subscriptions.ts'
import { unreachable } from './acquire-log.ts'

const noStream: WireError = { code: 'not_found', message: 'unable to join: there is no such stream' }

/** The outcome of {@link acquireStream}. */
type AcquireOutcome = (AcquiredLog & { readonly feed: StreamFeed }) | { readonly refused: WireError }

/**
 * Asks for the permission to read a stream: every session that may join its parent may (P-SM-4). The policy is not
 * asked for a room that the session has joined, for `*`, and for the own inbox.
 */
export function authorizeStream(session: Session, address: string): MaybePromise<WireError | null> {
  const parent = parentOf(address)
  if (!parent.startsWith('#') || session.subscriptions.has(parent)) return null
  return authorize(session, { action: 'join', address: parent })
}

/**
 * Takes a stream for a session: finds out if it exists, opens its feed, and checks the position. The look at a
 * stream that does not exist leaves no trace. Without a position the session reads it from the beginning.
 */
export async function acquireStream(
  session: Session,
  address: string,
  since: Position | null,
): Promise<AcquireOutcome> {
  const { context, feeds } = session
  const feed = feeds.acquireStream(address)
  try {
    if (await canOpen(session, feed)) {
      const reason = since === null ? null : await feed.checkPosition(since)
      // It may have been forgotten meanwhile.
      if (feed.position[1] > 0) return { feed, since, reason, room: null }
    }
    feeds.releaseFeed(feed)
    return { refused: noStream }
  } catch (error) {
    context.reportBackplane(error, address)
    feeds.releaseFeed(feed)
    return { refused: unreachable }
  }
}

async function canOpen({ context }: Session, feed: StreamFeed): Promise<boolean> {
  if (!feed.opened) {
    const { exists, base } = await context.backplane.read(feed.address, { before: null, limit: 1 })
    if (!exists || base > 0) return false
    await feed.open(null)
  }
  return feed.position[1] > 0
}
