import { UsageError } from './errors.ts'
import { printable } from './text.ts'

/**
 * The names of all options of a type. The compiler asks for each of them, so a new option cannot be
 * forgotten.
 */
export type OptionNames<Options> = { readonly [Name in keyof Required<Options>]: true }

/** Options with their defaults filled in. */
export type Complete<Options> = {
  readonly [Name in keyof Options]-?: Exclude<Options[Name], undefined>
}

/** Returns the given options; the defaults take the place of those that are left out or `undefined`. */
export function fillDefaults<Options extends object>(
  defaults: Complete<Options>,
  given: Options | undefined,
): Complete<Options> {
  const set = Object.entries(given ?? {}).filter(([, value]) => value !== undefined)
  return { ...defaults, ...Object.fromEntries(set) }
}

/**
 * Refuses options that do not exist, because a misspelt option would otherwise be ignored.
 *
 * @param operation - Completes "unable to …", such as `start the hub`.
 * @param given - The options as the application gave them, or `undefined`.
 * @param known - The options that exist.
 * @param group - The option that holds these options, such as `limits`; the default is none.
 * @throws UsageError when `given` is not an object, or has an option that does not exist; it lists those that
 * do.
 */
export function checkOptions<Options extends object>(
  operation: string,
  given: Options | undefined,
  known: OptionNames<Options>,
  group?: string,
): void {
  if (given === undefined) return
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new UsageError(
      `unable to ${operation}: ${group === undefined ? 'the options are' : `the option '${group}' is`} not an object, but ${describe(given)}`,
    )
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(known, name)) continue
    const path = group === undefined ? name : `${group}.${name}`
    throw new UsageError(
      `unable to ${operation}: there is no option '${path}'; the options are ${Object.keys(known).join(', ')}`,
    )
  }
}

/**
 * Refuses a value that is not a text; `undefined` is the default.
 *
 * @throws UsageError when the value of the option `name` is not a string.
 */
export function checkText(operation: string, name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'string')
    throw new UsageError(
      `unable to ${operation}: the option '${name}' must be a string, but is ${describe(value)}`,
    )
}

/**
 * Refuses a value that is not a duration in milliseconds; `undefined` is the default.
 *
 * @throws UsageError when the value of the option `name` is not a finite number of at least 0.
 */
export function checkDuration(operation: string, name: string, value: unknown): void {
  if (value !== undefined && !(Number.isFinite(value) && (value as number) >= 0))
    throw new UsageError(
      `unable to ${operation}: the option '${name}' must be a number of milliseconds, at least 0, but is ${describe(value)}`,
    )
}

/** A value as a short text for an error, which can be shown in a line of a log. Never throws. */
export function describe(value: unknown): string {
  try {
    return printable(described(value))
  } catch {
    return 'a value that cannot be read'
  }
}

function described(value: unknown): string {
  // A promise in place of a value is nobody's: its rejection would end the process of an application that has
  // forgotten an `await`.
  if (typeof (value as { then?: unknown } | null | undefined)?.then === 'function')
    Promise.resolve(value).catch(() => {})
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100))
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return `the function ${value.name || '(anonymous)'}`
  if (typeof value !== 'object' || value === null) return String(value)
  return Array.isArray(value) ? 'an array' : `an instance of ${value.constructor?.name ?? 'no class'}`
}
