/** Thrown by a case whose obligation is not met; the message describes the difference. */
export class ConformanceError extends Error {
  /** Always `'ConformanceError'`. */
  override readonly name: string = 'ConformanceError'
}

/** @throws ConformanceError with the text `otherwise` unless the condition holds. */
export function holds(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new ConformanceError(otherwise)
}

/**
 * @throws ConformanceError unless both values are the same as JSON, with the keys of objects in any order.
 */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [inOrder(actual), inOrder(expected)]
  if (a === b) return
  if (Array.isArray(actual) && Array.isArray(expected)) return sameItems(actual, expected, what)
  throw new ConformanceError(`${what}: expected ${cut(b)}, got ${cut(a)}`)
}

/**
 * @throws ConformanceError unless each key of `part` has the same value in `actual`, by the rules of {@link
 *   same}.
 */
export function contains(actual: unknown, part: Readonly<Record<string, unknown>>, what: string): void {
  holds(
    typeof actual === 'object' && actual !== null,
    `${what}: expected an object, got ${cut(inOrder(actual))}`,
  )
  const found = Object.keys(part).map((key) => [key, (actual as Record<string, unknown>)[key]])
  same(Object.fromEntries(found), part, what)
}

/** @throws ConformanceError unless `actual` is one of `allowed`, by the rules of {@link same}. */
export function oneOf(actual: unknown, allowed: readonly unknown[], what: string): void {
  const good = allowed.some((value) => inOrder(value) === inOrder(actual))
  holds(good, `${what}: expected one of ${cut(inOrder(allowed))}, got ${cut(inOrder(actual))}`)
}

/** @throws ConformanceError unless each number is above the number before it. */
export function rises(numbers: readonly number[], what: string): void {
  for (const [i, number] of numbers.entries()) {
    const before = numbers[i - 1] ?? Number.NEGATIVE_INFINITY
    holds(number > before, `${what}: ${number} comes after ${before}`)
  }
}

/** Names the first difference, as two lists of a thousand transmissions are hard to compare by eye. */
function sameItems(actual: readonly unknown[], expected: readonly unknown[], what: string): void {
  const length = Math.max(actual.length, expected.length)
  for (let i = 0; i < length; i++) {
    const [a, b] = [inOrder(actual[i]), inOrder(expected[i])]
    if (a !== b)
      throw new ConformanceError(
        `${what}: expected ${expected.length}, got ${actual.length}; the first difference is at ${i}: expected ${cut(b)}, got ${cut(a)}`,
      )
  }
}

function inOrder(value: unknown): string {
  if (value === undefined) return 'undefined'
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

const cut = (text: string): string => (text.length <= 300 ? text : `${text.slice(0, 300)}…`)
