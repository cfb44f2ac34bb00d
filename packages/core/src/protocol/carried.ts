import { describe } from '../vocabulary/check-options.ts'
import { ChatError } from '../vocabulary/errors.ts'
import { reasonOf } from '../vocabulary/text.ts'

type Key = string | number

/** Description of a value that JSON does not carry, and the keys to it, the innermost first. */
type Lost = [description: string, ...keys: Key[]]

/**
 * Refuses data that JSON does not carry, because a receiver would get other data or none: a Map, an Error, bytes,
 * `NaN`, a function. A property that is `undefined` is left out, and `undefined` as the whole becomes null.
 *
 * @param operation - Completes "unable to …", such as `send`.
 * @throws ChatError `bad_payload`, with the path in its `detail`.
 */
export function checkCarried(operation: string, data: unknown): void {
  const lost = findLost({ data }, 'data')
  if (lost === null) return
  const [found, ...keys] = lost
  // Data that contains itself has a path as long as the stack.
  const path = keys.reverse().slice(0, 64)
  const message = `JSON does not carry ${found} at ${['data', ...path].join('.')}`
  const detail = { path, issues: [{ path, message }] }
  throw new ChatError('bad_payload', `unable to ${operation}: ${message}`, { detail })
}

/** Tells if the own properties of a value are all of it, apart from its methods. */
export const isData = (value: unknown): boolean =>
  Object.prototype.toString.call(value) === '[object Object]' &&
  // The plain objects of each realm have a class of this name, or none.
  (Object.keys(value as object).length > 0 || ((value as object).constructor ?? Object).name === 'Object')

/** Returns the first part of a property that JSON does not carry. */
function findLost(holder: object, key: Key): Lost | null {
  try {
    const given = (holder as Record<Key, { toJSON?(): unknown } | null | undefined>)[key]
    if (given === null || (given === undefined && !Array.isArray(holder))) return null
    // Node's bytes have a method, and other bytes have none.
    const hasMethod = typeof given?.toJSON === 'function' && !ArrayBuffer.isView(given)
    const value: unknown = hasMethod ? given.toJSON?.() : given
    if (typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return null
    // A date that is invalid is null in JSON.
    if (!Array.isArray(value) && !isData(value)) return [describe(value ?? given)]
    const keys: Iterable<Key> = Array.isArray(value) ? value.keys() : Object.keys(value as object)
    for (const inner of keys) {
      const lost = findLost(value as object, inner)
      if (lost === null) continue
      lost.push(inner)
      return lost
    }
    return null
  } catch (error) {
    // Data that contains itself is deeper than the stack.
    return [error instanceof RangeError ? 'a value that contains itself' : `Error: ${reasonOf(error)}`]
  }
}
