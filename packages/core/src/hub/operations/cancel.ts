import type { CancelFrame } from '../../protocol/client-frames.ts'
import type { Session } from '../sessions/session.ts'

/**
 * Cancels a call of this connection, at once and in this call (P-CN-1, P-CN-2). A target that is not under way
 * is nothing to cancel, and the answer is the same.
 */
export function cancel(session: Session, { ref, target }: CancelFrame): void {
  // There are no streams, so no address names one.
  if (typeof target === 'number' && session.calls.cancel(target)) session.charged++
  session.ok(ref)
}
