import { addressKind } from '../../vocabulary/address.ts'
import { UsageError } from '../../vocabulary/errors.ts'
import { isEventName } from '../../vocabulary/event-name.ts'

/**
 * @throws UsageError when it can be no application's event.
 * @internal
 */
export function checkEvent(event: string): void {
  if (!isEventName(event))
    throw new UsageError(
      `unable to use the event ${JSON.stringify(event)}: 1–128 bytes, no control characters, and no $ at the start`,
    )
}

/**
 * @throws UsageError when it is no address.
 * @internal
 */
export function checkAddress(address: string): void {
  if (addressKind(address) === null)
    throw new UsageError(
      `unable to speak to ${JSON.stringify(address)}: an address is '*', '#room', '@user' or '~session'`,
    )
}

/**
 * Without types nothing else finds a typo in one of the SDK's own names: it would never be raised.
 *
 * @throws UsageError when it starts with `$` and is none of those there are.
 * @internal
 */
export function checkListened(event: string, own: readonly string[]): void {
  if (event.startsWith('$') && !own.includes(event))
    throw new UsageError(
      `unable to listen to '${event}': there is no such event here; there are ${own.join(', ')}`,
    )
}
