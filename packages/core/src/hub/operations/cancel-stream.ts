import type { WireError } from '../../protocol/encode.ts'
import { addressKind, parentOf } from '../../vocabulary/address.ts'
import { UncertainError } from '../../vocabulary/errors.ts'
import { authorize } from '../policy/authorize.ts'
import type { Session } from '../sessions/session.ts'
import { checkAddress } from './checks.ts'

/**
 * Cancels a stream, if the policy allows it (P-SM-9). The answer is `ok` also when there is nothing to cancel
 * (P-CN-1).
 */
export async function cancelStream(session: Session, ref: number, address: string): Promise<void> {
  const refused = session.charges.operation(ref) ?? (await tryCancel(session, address))
  if (refused === null) session.ok(ref)
  else session.err(ref, refused)
}

async function tryCancel(session: Session, address: string): Promise<WireError | null> {
  const bad = checkAddress(session, address)
  if (bad !== null) return bad
  if (addressKind(address) !== 'stream')
    return { code: 'bad_request', message: 'unable to cancel: this is not the address of a stream' }
  try {
    const head = await session.streams.readHead(address)
    if (head === null) return null
    const parent = parentOf(address)
    const refused =
      parent === session.inbox
        ? null
        : await authorize(session, { action: 'cancel', address: parent, event: head.event, stream: address })
    if (refused === null) session.streams.cancel(address)
    return refused
  } catch (error) {
    if (!(error instanceof UncertainError)) throw error
    return { code: 'unavailable', message: 'unable to cancel: the hub closes' }
  }
}
