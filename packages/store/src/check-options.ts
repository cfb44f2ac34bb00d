import { UsageError } from '@chat/core'

/** @throws UsageError for an option that does not exist, with those that exist. */
export function checkNames<Options extends object>(
  operation: string,
  options: Options,
  names: Readonly<Record<keyof Options, true>>,
): void {
  for (const name of Object.keys(options))
    if (!(name in names))
      throw new UsageError(
        `unable to ${operation}: there is no option '${name}'; the options are ${Object.keys(names).join(', ')}`,
      )
}

/** @throws UsageError for a number that is not whole, or is not in the range, whose ends count. */
export function checkCount(
  operation: string,
  name: string,
  value: number,
  [least, most]: readonly [least: number, most: number],
): void {
  if (!(Number.isSafeInteger(value) && value >= least && value <= most))
    throw new UsageError(
      `unable to ${operation}: the option '${name}' must be a whole number from ${least} to ${most}, but is ${value}`,
    )
}

/** Returns a name or names as a list. */
export const listOf = (names: string | readonly string[] | undefined): readonly string[] =>
  names === undefined ? [] : typeof names === 'string' ? [names] : names
