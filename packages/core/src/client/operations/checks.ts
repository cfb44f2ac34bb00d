import { addressKind } from '../../vocabulary/address.ts'
import { describe } from '../../vocabulary/check-options.ts'
import { UsageError } from '../../vocabulary/errors.ts'
import { eventNameRule, isEventName } from '../../vocabulary/event-name.ts'

/** @throws UsageError when the text cannot be the name of an application's event, call or ask. */
export function checkName(name: string): void {
  if (!isEventName(name))
    throw new UsageError(`unable to use the name ${JSON.stringify(name)}: ${eventNameRule}`)
}

/** @throws UsageError when the text is not an address. */
export function checkAddress(address: string): void {
  if (addressKind(address) === null)
    throw new UsageError(
      `unable to use the address ${JSON.stringify(address)}: an address is '*', '#room', '@user' or '~session'`,
    )
}

/**
 * Refuses a listener that would never be called.
 *
 * @throws UsageError when `listener` is not a function, or the name starts with `$` and is not among the
 * `own` events.
 */
export function checkListener(event: string, listener: unknown, own: readonly string[]): void {
  checkFunction(`listen to '${event}'`, listener)
  if (event.startsWith('$') && !own.includes(event))
    throw new UsageError(
      `unable to listen to '${event}': there is no such event here; the events are ${own.join(', ')}`,
    )
}

/** @throws UsageError when the value is not a function; `operation` completes "unable to …". */
export function checkFunction(operation: string, value: unknown): void {
  if (typeof value !== 'function')
    throw new UsageError(
      `unable to ${operation}: give a function as the second argument, not ${describe(value)}`,
    )
}
