import { attempt } from '../../runtime/maybe-promise.ts'
import type { HubCast, HubDelivery, HubMessage } from '../events.ts'
import type { Session } from '../sessions/session.ts'

/** A message or cast for the listeners, without its sender. */
type Unsigned<Delivery> = Omit<Delivery, 'from' | 'user' | 'session'>

/**
 * Calls the application's listeners for a message or cast of a client. A listener that throws or rejects is
 * reported in `$error`.
 */
export function notifyListeners(
  session: Session,
  delivery: Unsigned<HubMessage> | Unsigned<HubCast>,
  data: unknown,
): void {
  const { context, user, userId } = session
  const { event } = delivery
  const message = { ...delivery, from: userId, user, session } as HubDelivery
  for (const listener of context.listeners.listeners(event))
    attempt(
      () => (listener as (data: unknown, message: HubDelivery) => unknown)(data, message),
      () => {},
      (error) => context.reportError({ error, source: 'handler', session: session.id, subject: event }),
    )
}
