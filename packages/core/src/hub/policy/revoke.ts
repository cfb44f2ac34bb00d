import { encodeFrame, type WireError } from '../../protocol/encode.ts'
import type { MaybePromise } from '../../runtime/maybe-promise.ts'
import { Frame } from '../../transport/batch.ts'
import { addressKind } from '../../vocabulary/address.ts'
import { CloseCode } from '../../vocabulary/close-codes.ts'
import { ChatError, UsageError } from '../../vocabulary/errors.ts'
import type { HubContext } from '../context.ts'
import { sessionChannel } from '../operations/publish.ts'
import type { Session } from '../sessions/session.ts'
import { authorize } from './authorize.ts'

/** What can be taken from a session: the session itself, a room, or what the policy has said before. */
export type Revoked =
  | { readonly what: 'session'; readonly reason: string }
  | { readonly what: 'room'; readonly room: string; readonly why: WireError }
  | { readonly what: 'verdicts' }

/** Tells every node what the application has taken back. */
export interface Revocation {
  /** From whom: `@user` or `~session`. */
  readonly revoke: string
  readonly revoked: Revoked
  /** The node that has done so already. */
  readonly by: string
}

/**
 * Takes something back: on this node in this very call, then from the records, then at every other node.
 *
 * @throws UsageError when `who` is neither a user nor a session.
 * @throws ChatError `unavailable` when the backplane is out of reach.
 * @internal
 */
export async function revoke(node: HubContext, who: string, revoked: Revoked): Promise<void> {
  const kind = addressKind(who)
  if (kind !== 'user' && kind !== 'session')
    throw new UsageError(
      `unable to revoke anything of ${JSON.stringify(who)}: give a user, '@alice', or a session, '~id'`,
    )
  const { backplane, id } = node
  const revocation: Revocation = { revoke: who, revoked, by: id }
  apply(node, revocation)
  const name = who.slice(1)
  const faults: unknown[] = []
  const tried = async (step: () => MaybePromise<void>): Promise<void> => {
    try {
      await step()
    } catch (error) {
      faults.push(error)
    }
  }
  // First the records: whoever is told finds nothing that could be resumed. A record that may still be there is no reason not to tell.
  if (revoked.what === 'session')
    await tried(() => backplane.sessions.drop(kind === 'user' ? { user: name } : { id: name }))
  await tried(() => backplane.publish(sessionChannel, revocation))
  if (faults.length === 0) return
  const message = `unable to revoke what ${who} has at the other nodes: the backplane is out of reach`
  throw new ChatError('unavailable', message, { cause: faults[0] })
}

/**
 * Takes something back on this node, as another has told it.
 *
 * @internal
 */
export function revokeHere(node: HubContext, revocation: Revocation): void {
  if (revocation.by !== node.id) apply(node, revocation)
}

function apply(node: HubContext, { revoke: who, revoked }: Revocation): void {
  const { router } = node
  if (revoked.what === 'session') for (const arrival of router.arrivals) arrival.kicked(who, revoked.reason)
  for (const session of [...router.receivers(who)])
    switch (revoked.what) {
      case 'session':
        session.close(CloseCode.kicked, revoked.reason)
        break
      case 'room':
        remove(session, revoked.room, revoked.why)
        break
      case 'verdicts':
        reauthorize(session)
    }
}

/**
 * Takes an address from a client: nothing of it comes afterwards (P-ST-10). A join under way is not told of it, but allowed anew.
 */
function remove(session: Session, address: string, { code, message }: WireError): void {
  session.revision++
  if (!session.memberships.has(address)) return
  session.memberships.detach(address)
  session.outbox.push(new Frame(encodeFrame('left', address, code, message)))
}

/**
 * Asks for every room of a session again whether it is still allowed (P-HS-9); the refused are taken from the client.
 *
 * @internal
 */
export function reauthorize(session: Session, then: () => void = () => {}): void {
  session.revision++
  const { memberships } = session
  const { rooms } = memberships
  let open = rooms.length
  if (open === 0) return then()
  for (const address of rooms)
    session.lanes.run(address, (next) => {
      const checked = (refused: WireError | null): void => {
        if (refused !== null && !session.ended) remove(session, address, refused)
        next()
        if (--open === 0) then()
      }
      // It may have been left before its turn came.
      if (memberships.has(address)) authorize(session, { action: 'join', address }, checked)
      else checked(null)
    })
}
