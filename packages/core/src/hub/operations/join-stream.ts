import type { JoinFrame } from '../../protocol/client-frames.ts'
import { encodeLogStart, type WireError } from '../../protocol/encode.ts'
import type { StreamFeed } from '../delivery/stream-feed.ts'
import type { Session } from '../sessions/session.ts'
import type { AcquiredLog } from '../sessions/subscriptions.ts'
import { acquireStream, authorizeStream } from './acquire-stream.ts'
import { checkAddress } from './checks.ts'

/**
 * Lets a session read a stream (P-SM-4): with permission by its parent and a checked position, attached and
 * answered in one synchronous step (P-ST-4).
 */
export async function joinStream(session: Session, frame: JoinFrame): Promise<void> {
  const refused = checkAddress(session, frame.address, frame.state) ?? (await tryJoin(session, frame))
  if (refused !== null) session.err(frame.ref, refused)
}

async function tryJoin(session: Session, frame: JoinFrame): Promise<WireError | null> {
  const { address, since, ref } = frame
  const { subscriptions } = session
  if (subscriptions.isFull(address)) return tooManyStreams(session)
  let askedAt = session.revision
  const forbidden = await authorizeStream(session, address)
  if (forbidden !== null) return forbidden
  const present = since === null ? subscriptions.startOf(address) : null
  if (present !== null) {
    session.ok(ref, encodeLogStart(present))
    return null
  }
  const log = await acquireStream(session, address, since)
  if ('refused' in log) return log.refused
  let refused: WireError | null = null
  while (refused === null && askedAt !== session.revision) {
    askedAt = session.revision
    refused = await authorizeStream(session, address)
  }
  if (refused === null && (session.ended || subscriptions.isFull(address))) refused = tooManyStreams(session)
  if (refused === null) attachAndAnswer(session, ref, log)
  else session.feeds.releaseFeed(log.feed)
  return refused
}

/** The error for a stream beyond those that a session may join at a time. */
export const tooManyStreams = ({ context }: Session): WireError => ({
  code: 'too_large',
  message: `unable to join: a session can join at most ${context.limits.streams} streams at a time; leave a stream first, or raise the hub's option 'limits.streams'`,
})

function attachAndAnswer(
  session: Session,
  ref: number,
  log: AcquiredLog & { readonly feed: StreamFeed },
): void {
  session.ok(ref, encodeLogStart(session.subscriptions.attachLog(log)))
  session.subscriptions.pump()
  session.streams.joined(log.feed)
}
