import { UsageError } from '@chat/core'
import { describe } from '@chat/core/transport'

/**
 * Checks the function that a run calls, the second argument of `world` and `explore`.
 *
 * @param usage - The call as it should be.
 * @throws UsageError when the value is no function.
 */
export function checkCallback(operation: string, callback: unknown, usage: string): void {
  if (typeof callback === 'function') return
  throw new UsageError(
    `unable to ${operation}: the second argument is ${describe(callback)}, not a function; write \`${usage}\``,
  )
}
