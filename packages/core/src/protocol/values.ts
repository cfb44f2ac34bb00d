/** The fault of a free-form value; `null` for a sound value. */
export type ValueFault = 'depth' | 'number' | null

/**
 * Checks a free-form value (P-FR-7). It may nest `depth` levels deep; `[]` has depth 1. Every number must fit
 * a double: JSON's `1e999` parses to Infinity, which would be written as null, and `markLostIntegers` has made the
 * same of an integer with more digits than a double holds. Stops at the limit, so a
 * hostile value costs no stack.
 */
export function valueFault(value: unknown, depth: number): ValueFault {
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'number'
  if (typeof value !== 'object' || value === null) return null
  if (depth === 0) return 'depth'
  for (const key in value) {
    const fault = valueFault((value as Record<string, unknown>)[key], depth - 1)
    if (fault !== null) return fault
  }
  return null
}
