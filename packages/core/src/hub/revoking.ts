import type { WireError } from '../protocol/encode.ts'
import { encodeFrame } from '../protocol/encode.ts'
import { Frame } from '../transport/batch.ts'
import { authorize } from './policy.ts'
import type { Session } from './session.ts'

/**
 * Takes an address from a client: nothing of it comes afterwards (P-ST-10). A join under way is not told of it, but allowed anew.
 *
 * @internal
 */
export function remove(session: Session, address: string, { code, message }: WireError): void {
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
export function recheck(session: Session, then: () => void = () => {}): void {
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
