import { redactedEvent } from '../../vocabulary/message.ts'
import type { ClientContext } from '../context.ts'
import type { Delivery } from '../types.ts'
import { checkName } from './checks.ts'

/**
 * Returns a message with the data that the contract's validator returns, or with the reader of a stream; `null`
 * for a message that is to be delivered to no receiver.
 */
export function accept<Received extends Delivery>(
  context: ClientContext,
  received: Received,
): Received | null {
  const { event, address } = received
  // The log keeps the place of the message, and has nothing to show.
  if (event === redactedEvent) return null
  try {
    // The end of a stream is an event of the protocol.
    if (!address.startsWith('^')) checkName(event)
    return context.convert(received)
  } catch (error) {
    context.reportError(error, `${address} ${event}`)
    return null
  }
}
