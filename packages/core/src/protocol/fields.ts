import { ProtocolError } from './protocol-error.ts'

/*
 * The elements of a frame, each checked for what the protocol says it is. What is missing or of another type breaks the
 * protocol (P-FR-5); what has the right type and a bad content is answered by the hub.
 */

/** @internal */
export function text(value: unknown, name: string): string {
  if (typeof value === 'string') return value
  throw new ProtocolError(`${name} is not a string`)
}

/** @internal */
export function count(value: unknown, name: string, least = 1): number {
  if (Number.isSafeInteger(value) && (value as number) >= least) return value as number
  throw new ProtocolError(`${name} is not an integer from ${least} to 2^53-1`)
}

/** @internal */
export function integer(value: unknown, name: string): number {
  if (Number.isSafeInteger(value)) return value as number
  throw new ProtocolError(`${name} is not a safe integer`)
}

/** @internal */
export function record(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (isRecord(value)) return value
  throw new ProtocolError(`${name} is not an object`)
}

/** @internal */
export function present(frame: readonly unknown[], index: number, name: string): unknown {
  if (index < frame.length) return frame[index]
  throw new ProtocolError(`${name} is missing`)
}

/** @internal */
export function optional<T>(
  value: unknown,
  name: string,
  check: (value: unknown, name: string) => T,
): T | undefined {
  return value === undefined ? undefined : check(value, name)
}

/** @internal */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
