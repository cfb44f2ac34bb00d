import { describe } from './check-options.ts'
import { UsageError } from './errors.ts'

/**
 * Refuses a value that is not a function; `undefined` is the default.
 *
 * @throws UsageError when the value of the option `name` is of another kind.
 */
export function checkFunction(operation: string, name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') refuse(operation, name, 'a function', value)
}

/**
 * Refuses a value that is neither `true` nor `false`; `undefined` is the default.
 *
 * @throws UsageError when the value of the option `name` is of another kind.
 */
export function checkBoolean(operation: string, name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') refuse(operation, name, 'true or false', value)
}

/**
 * Refuses a value that is not a plain object; `undefined` is the default.
 *
 * @throws UsageError when the value of the option `name` is of another kind.
 */
export function checkObject(operation: string, name: string, value: unknown): void {
  if (value === undefined) return
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    refuse(operation, name, 'an object', value)
}

/**
 * Refuses a value that is no runtime; `undefined` is the default.
 *
 * @throws UsageError when the value of the option `name` has not the functions of a runtime.
 */
export function checkRuntime(operation: string, name: string, value: unknown): void {
  if (value === undefined) return
  const functions = ['now', 'wallTime', 'timer', 'defer', 'random', 'id']
  const members = value as Readonly<Record<string, unknown>> | null
  if (!functions.every((member) => typeof members?.[member] === 'function'))
    refuse(operation, name, `a runtime, with the functions ${functions.join(', ')}`, value)
}

function refuse(operation: string, name: string, wanted: string, value: unknown): never {
  throw new UsageError(
    `unable to ${operation}: the option '${name}' must be ${wanted}, but is ${describe(value)}`,
  )
}
