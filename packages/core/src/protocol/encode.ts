import type { ErrorCode } from '../errors.ts'
import type { GapReason, Position } from '../position.ts'
import { encodeValue } from './json.ts'

/**
 * A frame as one line of JSON. Elements that are undefined at its end are left out.
 *
 * @throws TypeError when an element has no JSON form.
 * @internal
 */
export function encodeFrame(...elements: unknown[]): string {
  while (elements.length > 0 && elements[elements.length - 1] === undefined) elements.pop()
  return JSON.stringify(elements)
}

/**
 * The one frame of a durable message, from parts that are encoded once: the address per stream, the data per message. `prev` is left out when it is the
 * offset before (PROTOCOL §4).
 *
 * @internal
 */
export function encodeMessage(
  address: string,
  message: { at: number; event: string; from: string | null; id: string },
  data: string,
  prev: number,
): string {
  const { at, event, from, id } = message
  const tail = prev === at - 1 ? ']' : `,${prev}]`
  return `["msg",${address},${at},${JSON.stringify(event)},${data},${JSON.stringify(from)},${JSON.stringify(id)}${tail}`
}

/**
 * The answer to a ref, from a result that is encoded already.
 *
 * @internal
 */
export const encodeOk = (ref: number, result?: string): string =>
  result === undefined ? `["ok",${ref}]` : `["ok",${ref},${result}]`

/** What an `err` frame says. */
export interface WireError {
  readonly code: ErrorCode
  readonly message: string
  readonly retryAfter?: number | undefined
  readonly detail?: unknown
}

/** @internal */
export function encodeError(ref: number, error: WireError): string {
  const { retryAfter, detail } = error
  const extra = retryAfter === undefined && detail === undefined ? undefined : { retryAfter, detail }
  return encodeFrame('err', ref, error.code, error.message, extra)
}

/** @internal */
export const encodeGap = (address: string, reason: GapReason, position: Position): string =>
  encodeFrame('gap', address, reason, position)

/** @internal */
export function encodeCast(cast: {
  address: string
  event: string
  data: unknown
  from: string | null
  session: string | undefined
  key: string | undefined
}): string {
  const { address, event, data, from, session, key } = cast
  const head = `["cast",${JSON.stringify(address)},${JSON.stringify(event)},${encodeValue(data)},${JSON.stringify(from)}`
  if (key !== undefined) return `${head},${JSON.stringify(session ?? null)},${JSON.stringify(key)}]`
  return session === undefined ? `${head}]` : `${head},${JSON.stringify(session)}]`
}
