import type { StateFrame } from '../../protocol/client-frames.ts'
import type { WireError } from '../../protocol/encode.ts'
import { encodeValue } from '../../protocol/json.ts'
import type { JsonText } from '../../vocabulary/json-text.ts'
import type { PresenceRegistry } from '../presence/presence-registry.ts'
import type { RoomPresence } from '../presence/room-presence.ts'
import type { Session } from '../sessions/session.ts'
import { presenceUnavailable } from './acquire-log.ts'
import { checkAddress, checkNoStream } from './checks.ts'
import { noPresence } from './list-members.ts'

/** Changes the presence state of a session in a room. */
export async function setState(session: Session, frame: StateFrame): Promise<void> {
  const refused =
    checkAddress(session, frame.address, frame.data) ??
    checkNoStream(frame.address) ??
    (await trySetState(session, frame))
  if (refused === null) session.ok(frame.ref)
  else session.err(frame.ref, refused)
}

async function trySetState(session: Session, frame: StateFrame): Promise<WireError | null> {
  const { presence } = session
  const room = (await presence?.acquireRoom(frame.address)) ?? null
  if (presence === null || room === null) return noPresence
  try {
    const state = encodeValue(frame.data)
    return checkState(session, frame, { state, presence }) ?? (await storeState(session, state, room))
  } finally {
    room.release()
  }
}

function checkState(
  session: Session,
  { address, data }: StateFrame,
  { state, presence }: { readonly state: JsonText; readonly presence: PresenceRegistry },
): WireError | null {
  if (!session.subscriptions.has(address))
    return { code: 'not_found', message: 'unable to change the state: this room is not joined' }
  return presence.checkState(data, state)
}

async function storeState(session: Session, state: JsonText, room: RoomPresence): Promise<WireError | null> {
  const { context, id, generation, userId } = session
  const { address } = room
  try {
    await room.enter({ session: id, user: userId, generation, node: context.id, state })
  } catch (error) {
    context.reportBackplane(error, address)
    return presenceUnavailable
  }
  // The session has left the room meanwhile, or has ended.
  if (!session.subscriptions.has(address)) room.depart(id, generation, session.departure)
  return null
}
