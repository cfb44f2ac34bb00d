import type { WireError } from '../../protocol/encode.ts'
import { type MaybePromise, whenReady } from '../../runtime/maybe-promise.ts'
import { addressKind, parentOf } from '../../vocabulary/address.ts'
import { describe } from '../../vocabulary/check-options.ts'
import { CloseCode } from '../../vocabulary/close-codes.ts'
import { ChatError, UsageError } from '../../vocabulary/errors.ts'
import { allNodesChannel } from '../nodes/node-channels.ts'
import type { HubState } from '../sessions/hub-state.ts'
import type { Session } from '../sessions/session.ts'
import { authorize } from './authorize.ts'

/**
 * A thing that the application takes back: the session itself, a room, or the earlier answers of `authorize`.
 */
export type Revoked =
  | { readonly kind: 'session'; readonly reason: string }
  | { readonly kind: 'room'; readonly room: string; readonly reason: WireError }
  | { readonly kind: 'permissions' }

/** The operations of the application, for its errors. */
const operations = { session: 'kick', room: 'remove', permissions: 'reauthorize' } as const

/** Tells every node about a revocation. */
export interface Revocation {
  /** The address of the user (`@user`) or session (`~session`). */
  readonly revoke: string
  /** The thing that is taken back. */
  readonly revoked: Revoked
  /** The node that has applied it already. */
  readonly by: string
}

/**
 * Takes a permission back: on this node in this very call, then from the session records, then at every other
 * node.
 *
 * @throws UsageError when `who` is neither a user nor a session.
 * @throws ChatError `unavailable` when the backplane is out of reach.
 */
export async function revoke(state: HubState, who: string, revoked: Revoked): Promise<void> {
  const operation = operations[revoked.kind]
  const kind = typeof who === 'string' ? addressKind(who) : null
  if (kind !== 'user' && kind !== 'session')
    throw new UsageError(
      `unable to ${operation} ${describe(who)}: give a user, '@alice', or a session, '~id'`,
    )
  const { backplane, id } = state.context
  const revocation: Revocation = { revoke: who, revoked, by: id }
  applyRevocation(state, revocation)
  const name = who.slice(1)
  const faults: unknown[] = []
  const tried = async (step: () => MaybePromise<void>): Promise<void> => {
    try {
      await step()
    } catch (error) {
      faults.push(error)
    }
  }
  // The records go first: a client that is told must find none that could be resumed. The other nodes are
  // told even if a record may still exist.
  if (revoked.kind === 'session') {
    await tried(() => backplane.sessions.drop(kind === 'user' ? { user: name } : { id: name }))
    state.expiry.hurry(who)
  }
  await tried(() => backplane.publish(allNodesChannel, JSON.stringify(revocation)))
  if (faults.length === 0) return
  const message = `unable to ${operation} ${who} at the other nodes: the backplane is out of reach`
  throw new ChatError('unavailable', message, { cause: faults[0] })
}

/** Applies a revocation that another node has made. */
export function takeRevocation(state: HubState, revocation: Revocation): void {
  if (revocation.by === state.context.id) return
  applyRevocation(state, revocation)
  if (revocation.revoked.kind === 'session') state.expiry.hurry(revocation.revoke)
}

function applyRevocation({ sessions }: HubState, { revoke: who, revoked }: Revocation): void {
  if (revoked.kind === 'session')
    for (const handshake of sessions.handshakes) handshake.kicked(who, revoked.reason)
  for (const session of [...sessions.receivers(who)])
    switch (revoked.kind) {
      case 'session':
        session.close(CloseCode.kicked, revoked.reason)
        break
      case 'room':
        removeFromRoom(session, revoked.room, revoked.reason)
        break
      case 'permissions':
        reauthorizeLater(session)
    }
}

/**
 * Removes a session from a room and its streams: its client gets nothing of them afterwards (P-ST-10, P-SM-4). A
 * join under way is asked for again.
 */
function removeFromRoom(session: Session, address: string, error: WireError): void {
  const { subscriptions } = session
  session.revision++
  subscriptions.takeLog(address, error)
  for (const stream of subscriptions.streamsOf(address)) subscriptions.takeLog(stream, error)
}

/**
 * Asks again for the permission to each joined room, and to each room of a joined stream (P-HS-9, P-SM-4), and
 * removes the session from the rooms that are refused. Resolves when all rooms are decided.
 */
export async function reauthorize(session: Session): Promise<void> {
  session.revision++
  const { rooms, streams } = session.subscriptions
  const parents = streams.map(parentOf)
  const asked = new Set([...rooms, ...parents.filter((parent) => parent.startsWith('#'))])
  await Promise.all([...asked].map((address) => reauthorizeRoom(session, address)))
}

/** Asks again for the permissions. An unexpected error ends the connection of this session, and no other. */
function reauthorizeLater(session: Session): void {
  reauthorize(session).catch((error) => {
    session.context.reportError({ error, source: 'handler', session: session.id })
    session.close(CloseCode.internal, 'the hub has failed')
  })
}

function reauthorizeRoom(session: Session, address: string): Promise<void> {
  return new Promise((resolve, reject) =>
    session.queues.runTask(address, (turn) => {
      const decided = (refused: WireError | null): void => {
        if (refused !== null && !session.ended) removeFromRoom(session, address, refused)
        turn.done()
        resolve()
      }
      // The session may have left the room before its turn came.
      const { subscriptions } = session
      if (subscriptions.has(address) || subscriptions.streamsOf(address).length > 0)
        whenReady(authorize(session, { action: 'join', address }), decided, reject)
      else decided(null)
    }),
  )
}

/**
 * Checks a session for which a revocation may have been lost: renews its record, and asks again for the
 * permission to each room.
 */
export function verifySession(session: Session): void {
  if (session.ended) return
  session.renewRecord()
  reauthorizeLater(session)
}
