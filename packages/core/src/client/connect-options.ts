import type { AnyContract } from '../contract/contract.ts'
import { checkOptions, type OptionNames } from '../vocabulary/check-options.ts'
import { sharedRules } from './option-rules.ts'
import type { SharedClientOptions } from './options.ts'

/**
 * Returns the options that a transport's `connect` passes on to its `Client`.
 *
 * @param given - Options as the application gave them to `connect`.
 * @param own - Names of the options of the transport itself.
 * @throws UsageError when an option does not exist.
 */
export function takeClientOptions<C extends AnyContract, Own extends object>(
  given: SharedClientOptions<C> & Own,
  own: OptionNames<Own>,
): SharedClientOptions<C> {
  checkOptions<object>('connect', given, { ...sharedRules, ...own })
  const entries = Object.entries(given).filter(([name]) => Object.hasOwn(sharedRules, name))
  return Object.fromEntries(entries) as SharedClientOptions<C>
}
