import type { LeaveFrame } from '../../protocol/client-frames.ts'
import type { Session } from '../sessions/session.ts'
import { checkAddress } from './checks.ts'

/** Stops a session's receiving of an address. */
export function leave(session: Session, { ref, address }: LeaveFrame): void {
  if (address === '*' || address === session.inbox)
    return session.err(ref, {
      code: 'unsupported',
      message: 'unable to leave: every session receives this address',
    })
  const bad = checkAddress(session, address)
  if (bad?.code === 'bad_request') return session.err(ref, bad)
  session.subscriptions.detachLog(address)
  session.ok(ref)
}
