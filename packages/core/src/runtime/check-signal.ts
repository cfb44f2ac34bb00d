import { describe } from '../vocabulary/check-options.ts'
import { UsageError } from '../vocabulary/errors.ts'
import { isSignal } from './signal.ts'

/**
 * Refuses a value of the option `signal` that is no signal; `undefined` is the default. The error tells of a
 * controller that was given in place of its signal.
 *
 * @throws UsageError that names the operation and the value.
 */
export function checkSignal(operation: string, value: unknown): void {
  if (value === undefined || isSignal(value)) return
  const hint = isSignal((value as { readonly signal?: unknown } | null)?.signal)
    ? '; give its property `signal`'
    : ''
  throw new UsageError(
    `unable to ${operation}: the option 'signal' must be an AbortSignal, but is ${describe(value)}${hint}`,
  )
}
