import { destinationKind } from '../../vocabulary/address.ts'
import { describe } from '../../vocabulary/check-options.ts'
import { UsageError } from '../../vocabulary/errors.ts'
import { eventNameRule, isEventName } from '../../vocabulary/event-name.ts'

/** @throws UsageError when the text cannot be the name of an application's event, call or ask. */
export function checkName(name: string): void {
  if (!isEventName(name)) throw new UsageError(`unable to use the name ${describe(name)}: ${eventNameRule}`)
}

/** @throws UsageError when the text is not an address. */
export function checkAddress(address: string): void {
  if (destinationKind(address) === null)
    throw new UsageError(
      `unable to use the address ${describe(address)}: an address is '*', '#room', '@user' or '~session'`,
    )
}

/**
 * Refuses a listener that would never be called.
 *
 * @throws UsageError when `listener` is not a function, or the name cannot be an event's, or starts with `$`
 * and is not among the `own` events.
 */
export function checkListener(event: string, listener: unknown, own: readonly string[]): void {
  if (typeof event !== 'string' || !event.startsWith('$')) checkName(event)
  else if (!own.includes(event))
    throw new UsageError(
      `unable to listen to '${event}': there is no such event here; the events are ${own.join(', ')}`,
    )
  checkFunction(`listen to '${event}'`, 'listener', listener)
}

/** @throws UsageError when the value is not a function; `operation` completes "unable to …". */
export function checkFunction(operation: string, role: 'listener' | 'handler', value: unknown): void {
  if (typeof value !== 'function')
    throw new UsageError(`unable to ${operation}: the ${role} must be a function, but is ${describe(value)}`)
}
