import { redactedEvent } from '../../vocabulary/message.ts'
import type { ClientContext } from '../context.ts'
import { checkName } from '../operations/checks.ts'
import type { Delivery } from '../types.ts'

/**
 * Delivers a message or a cast, with the data that the contract's validator returns, to the option `observe` and
 * then by `hand`. A message that does not fit the contract, or is named like an own event, is reported and not
 * delivered.
 */
export function deliver<Received extends Delivery>(
  context: ClientContext,
  received: Received,
  hand: (accepted: Received) => void,
): void {
  const accepted = accept(context, received)
  if (accepted === null) return
  context.observe('message', accepted)
  hand(accepted)
}

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
