import type { ClientFrame } from '../../protocol/client-frames.ts'
import { CloseCode } from '../../vocabulary/close-codes.ts'
import { authenticate } from '../policy/authenticate.ts'
import { reauthorize } from '../policy/revoke.ts'
import type { Session } from '../sessions/session.ts'

type AuthFrame = Extract<ClientFrame, { type: 'auth' }>

/**
 * Takes a new token of the session's user, and asks again for the permission to each joined room (P-HS-9).
 */
export async function renewCredentials(session: Session, { ref, token }: AuthFrame): Promise<void> {
  const over = session.charges.operation(ref) ?? session.charges.catchUpWork(session.rooms.length)
  if (over !== null) return session.err(ref, over)
  session.context.turns.spend(session.rooms.length)
  const message = 'unable to accept these credentials'
  const { context, connection, aborter } = session
  const outcome = await authenticate(context, connection, { token, aborter })
  if (session.ended) return
  if ('code' in outcome || outcome.id !== session.userId) {
    // A failure inside the hub says nothing about the credentials.
    const failed = 'code' in outcome && outcome.code === CloseCode.internal
    return session.err(ref, { code: failed ? 'internal' : 'unauthorized', message })
  }
  session.renewIdentity(outcome)
  await reauthorize(session)
  const { expiresIn } = outcome
  session.ok(ref, expiresIn === undefined ? '{}' : JSON.stringify({ expires: Math.floor(expiresIn) }))
}
