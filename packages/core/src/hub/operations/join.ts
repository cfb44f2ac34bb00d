import type { JoinFrame } from '../../protocol/client-frames.ts'
import { encodeLogStart, type WireError } from '../../protocol/encode.ts'
import { memberPage } from '../../protocol/limits.ts'
import type { LogStart } from '../../vocabulary/position.ts'
import { Permission } from '../policy/authorize.ts'
import type { Session } from '../sessions/session.ts'
import type { AcquiredLog } from '../sessions/subscriptions.ts'
import { acquireLog, releaseLog } from './acquire-log.ts'
import { checkAddress } from './checks.ts'

/**
 * Lets a session receive an address: with permission and a checked position, attached and answered in one
 * synchronous step (P-ST-4).
 */
export async function join(session: Session, frame: JoinFrame): Promise<void> {
  const refused = checkAddress(session, frame.address, frame.state) ?? (await tryJoin(session, frame))
  if (refused !== null) session.err(frame.ref, refused)
}

async function tryJoin(
  session: Session,
  { ref, address, since, state }: JoinFrame,
): Promise<WireError | null> {
  const { subscriptions } = session
  if (subscriptions.isFull(address)) return tooManyRooms(session)
  // Every client receives `*` and its inbox without the policy.
  const permission = address.startsWith('#') ? new Permission(session, { action: 'join', address }) : null
  const forbidden = (await permission?.ask()) ?? null
  if (forbidden !== null) return forbidden
  const present = since === null ? subscriptions.startOf(address) : null
  if (present !== null) {
    answer(session, { ref, address }, present)
    return null
  }
  const log = await acquireLog(session, { address, since, state })
  if ('refused' in log) return log.refused
  while (permission?.stale === true) {
    const revoked = await permission.ask()
    if (revoked === null) continue
    releaseLog(session, log, session.departure)
    return revoked
  }
  // Meanwhile the connection may have ended, or another join have taken the last room.
  if (session.ended || subscriptions.isFull(address)) {
    releaseLog(session, log, session.departure)
    return tooManyRooms(session)
  }
  attachAndAnswer(session, ref, log)
  return null
}

/** The refusal of a room above `limits.rooms`. */
export const tooManyRooms = ({ context }: Session): WireError => ({
  code: 'too_large',
  message: `unable to join: a session can join at most ${context.limits.rooms} rooms; leave a room first, or raise the hub's option 'limits.rooms'`,
})

/** The answer comes first: messages that the application sends in `$join` are already live (P-ST-10). */
function attachAndAnswer(session: Session, ref: number, log: AcquiredLog): void {
  const { subscriptions } = session
  // Flush pending presence changes first: this client's answer already includes them.
  log.room?.updates.flush()
  const { address } = log.feed
  answer(session, { ref, address }, subscriptions.attachLog(log))
  subscriptions.announce()
  subscriptions.pump()
}

/** Answers with the start of the reader and, in a room with presence, its members (P-PR-1). */
function answer(
  session: Session,
  { ref, address }: Pick<JoinFrame, 'ref' | 'address'>,
  start: LogStart,
): void {
  const json = encodeAnswer(session, address, start)
  session.charges.answer(json)
  session.ok(ref, json)
}

function encodeAnswer({ subscriptions }: Session, address: string, start: LogStart): string {
  const json = encodeLogStart(start)
  const room = subscriptions.roomPresence(address)
  if (room === null) return json
  return `${json.slice(0, -1)},${room.updates.page(undefined, memberPage.members).slice(1)}`
}
