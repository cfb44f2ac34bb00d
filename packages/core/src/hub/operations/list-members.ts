import type { WhoFrame } from '../../protocol/client-frames.ts'
import type { WireError } from '../../protocol/encode.ts'
import { memberPage } from '../../protocol/limits.ts'
import { Permission } from '../policy/authorize.ts'
import type { RoomPresence } from '../presence/room-presence.ts'
import type { Session } from '../sessions/session.ts'
import { presenceUnavailable } from './acquire-log.ts'
import { checkAddress, checkNoStream } from './checks.ts'

/** The error for a room without presence. */
export const noPresence: WireError = {
  code: 'unsupported',
  message: 'unable to tell the members: this room has no presence',
}

/** Answers with a page of a room's members. */
export async function listMembers(session: Session, frame: WhoFrame): Promise<void> {
  const refused =
    checkAddress(session, frame.address) ?? checkNoStream(frame.address) ?? (await tryList(session, frame))
  if (refused !== null) session.err(frame.ref, refused)
}

async function tryList(session: Session, frame: WhoFrame): Promise<WireError | null> {
  const room = (await session.presence?.acquireRoom(frame.address)) ?? null
  if (room === null) return noPresence
  try {
    return await answerMembers(session, frame, room)
  } finally {
    room.release()
  }
}

async function answerMembers(
  session: Session,
  { ref, address, after, limit }: WhoFrame,
  room: RoomPresence,
): Promise<WireError | null> {
  const permission = new Permission(session, { action: 'who', address })
  const forbidden = await permission.ask()
  if (forbidden !== null) return forbidden
  try {
    await room.open()
  } catch (error) {
    session.context.reportBackplane(error, address)
    return presenceUnavailable
  }
  while (permission.stale) {
    const revoked = await permission.ask()
    if (revoked !== null) return revoked
  }
  const members = room.updates.page(after, Math.min(limit ?? memberPage.members, memberPage.max))
  session.charges.answer(members)
  session.ok(ref, members)
  return null
}
