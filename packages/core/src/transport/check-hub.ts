import { describe } from '../vocabulary/check-options.ts'
import { UsageError } from '../vocabulary/errors.ts'
import type { TransportHub } from './transport-hub.ts'

/**
 * Checks the hub that a transport was given.
 *
 * @param usage - The call as it should be, such as `bunHandler(hub, options)`.
 * @throws UsageError when the value is no hub; it shows the call as it should be.
 */
export function checkHub(hub: TransportHub, usage: string): void {
  if (isHub(hub)) return
  throw new UsageError(
    `unable to serve a hub: the first argument is ${describe(hub)}, not a hub; write \`${usage}\``,
  )
}

/** True if a value has the parts of a hub that a transport uses. */
export function isHub(value: unknown): boolean {
  return typeof (value as TransportHub | null | undefined)?.accept === 'function'
}
