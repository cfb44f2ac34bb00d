import { describe } from '../../vocabulary/check-options.ts'
import { ChatError, UsageError } from '../../vocabulary/errors.ts'
import { type Position, toPosition } from '../../vocabulary/position.ts'
import type { HubContext } from '../context.ts'
import { redactionNotice } from '../delivery/log-feed.ts'

/**
 * Empties a message of a log, and tells every node that may hold a copy of it.
 *
 * @throws UsageError for an address without a log, and for a value that is no message's position.
 * @throws ChatError `unavailable` when the log is out of reach.
 */
export async function redact(context: HubContext, address: string, position: Position): Promise<boolean> {
  const known = toPosition(position)
  if (address.startsWith('~'))
    throw new UsageError('unable to redact: a session has no log; it takes casts and asks only')
  if (known === null || known[2] === null)
    throw new UsageError(
      `unable to redact a message of ${address}: ${describe(position)} is not its position; give the \`position\` of the message`,
    )
  const { backplane } = context
  try {
    const found = await backplane.redact(address, known)
    if (found) await backplane.publish(address, redactionNotice)
    return found
  } catch (cause) {
    throw new ChatError('unavailable', `unable to redact a message of ${address}: the log is out of reach`, {
      cause,
    })
  }
}
