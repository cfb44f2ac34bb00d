import { ProtocolError } from './protocol-error.ts'

/*
 * Parsers for the elements of a frame. An element that is missing or of another type breaks the protocol
 * (P-FR-5). An element of the right type with a bad content is answered by the hub.
 */

/** Parses a string. */
export function text(value: unknown, name: string): string {
  if (typeof value === 'string') return value
  throw new ProtocolError(`${name} is not a string`)
}

/** Parses a safe integer from `least` on. */
export function count(value: unknown, name: string, least = 1): number {
  if (Number.isSafeInteger(value) && (value as number) >= least) return value as number
  throw new ProtocolError(`${name} is not an integer from ${least} to 2^53-1`)
}

/** Parses a safe integer. */
export function integer(value: unknown, name: string): number {
  if (Number.isSafeInteger(value)) return value as number
  throw new ProtocolError(`${name} is not a safe integer`)
}

/** Parses an object. */
export function record(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (isRecord(value)) return value
  throw new ProtocolError(`${name} is not an object`)
}

/** Parses an element of any type that must be there. */
export function present(frame: readonly unknown[], index: number, name: string): unknown {
  if (index < frame.length) return frame[index]
  throw new ProtocolError(`${name} is missing`)
}

/** Parses an element that may be left out. */
export function optional<T>(
  value: unknown,
  name: string,
  check: (value: unknown, name: string) => T,
): T | undefined {
  return value === undefined ? undefined : check(value, name)
}

/** Tells if a value is an object and no array. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
