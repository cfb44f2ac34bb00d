import type { Session } from '../sessions/session.ts'

/**
 * Cancels a call of this connection, at once and in this call (P-CN-1, P-CN-2). The answer is the same when no
 * such call is under way.
 */
export function cancel(session: Session, ref: number, target: number): void {
  if (session.calls.cancel(target)) session.charges.frames++
  session.ok(ref)
}
