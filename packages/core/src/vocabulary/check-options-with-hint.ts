import { checkOptions, type OptionNames } from './check-options.ts'
import { didYouMean } from './closest.ts'
import { UsageError } from './errors.ts'

/**
 * Refuses options as {@link checkOptions} does, and names the option that was meant. It is for code that runs
 * on servers: pages do not load the search for similar names.
 *
 * @throws UsageError when `given` is not an object, or has an option that does not exist.
 */
export function checkOptionsWithHint<Options extends object>(
  operation: string,
  given: Options | undefined,
  known: OptionNames<Options>,
  group?: string,
): void {
  try {
    checkOptions(operation, given, known, group)
  } catch (error) {
    const names = Object.keys(known)
    const unknown = Object.keys(given ?? {}).find((name) => !names.includes(name)) ?? ''
    const isOptions = typeof given === 'object' && given !== null && !Array.isArray(given)
    const hint = isOptions ? didYouMean(unknown, names) : `; give an object, such as { ${names[0]}: … }`
    throw hint === '' ? error : new UsageError(`${(error as Error).message}${hint}`)
  }
}
