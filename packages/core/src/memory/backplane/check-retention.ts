import { isPromise } from '../../runtime/maybe-promise.ts'
import { describe, type OptionNames } from '../../vocabulary/check-options.ts'
import { checkOptionsWithHint } from '../../vocabulary/check-options-with-hint.ts'
import { UsageError } from '../../vocabulary/errors.ts'
import type { Retention } from './stream-log.ts'

const retentionNames: OptionNames<Retention> = { count: true, bytes: true, age: true }

/**
 * Checks the retention of logs.
 *
 * @param operation - Completes "unable to …", such as `make the store`.
 * @throws UsageError for a bound that does not exist, or is not a number of at least 0.
 */
export function checkRetention(operation: string, retention: Retention | undefined): void {
  checkOptionsWithHint(operation, retention, retentionNames, 'retention')
  for (const name of ['count', 'bytes', 'age'] as const) {
    const value: unknown = retention?.[name]
    if (value !== undefined && !(typeof value === 'number' && value >= 0))
      throw new UsageError(
        `unable to ${operation}: the option 'retention.${name}' is ${describe(value)}; give a number of at least 0`,
      )
  }
}

/**
 * Returns the retention that the application's function answers with. The value of a promise comes too late, and is
 * not checked.
 *
 * @throws UsageError for a bound that does not exist, or is not a number of at least 0.
 */
export function checkAnswer(stream: string, answer: Retention): Retention {
  if (!isPromise(answer)) checkRetention(`read the retention of ${stream}`, answer)
  return answer
}
