import type { ErrorCode } from '../vocabulary/errors.ts'
import type { JsonText } from '../vocabulary/json-text.ts'
import type { GapReason, LogStart, Position } from '../vocabulary/position.ts'
import { utf8Length } from '../vocabulary/text.ts'
import { presenceBytes } from './limits.ts'

/**
 * Encodes a frame as a line of JSON. Undefined elements at its end are left out.
 *
 * @throws TypeError when an element has no JSON form.
 */
export function encodeFrame(...elements: unknown[]): string {
  while (elements.length > 0 && elements[elements.length - 1] === undefined) elements.pop()
  return JSON.stringify(elements)
}

/** A durable message, with its data and meta as JSON text. */
interface EncodableMessage {
  readonly at: number
  readonly event: string
  readonly data: JsonText
  readonly meta: JsonText | null
  readonly from: string | null
  readonly id: string
  readonly time: number
}

/**
 * Encodes a durable message. `address` is encoded already, once for each log. `prev` is left out when it is
 * the offset before (PROTOCOL §4).
 */
export function encodeMessage(address: JsonText, message: EncodableMessage, prev: number): string {
  const { at, event, data, meta, from, id, time } = message
  const next = prev === at - 1
  const tail = meta === null ? (next ? ']' : `,${prev}]`) : `,${next ? null : prev},${meta}]`
  return `["msg",${address},${at},${JSON.stringify(event)},${data},${JSON.stringify(from)},${JSON.stringify(id)},${time}${tail}`
}

/**
 * Encodes the answer to a ref, from a result that is encoded already.
 */
export const encodeOk = (ref: number, result?: string): string =>
  result === undefined ? `["ok",${ref}]` : `["ok",${ref},${result}]`

/** Encodes the place of a stored message, for the answer to its send. `dup` marks a repetition. */
export const encodeStored = (
  { epoch, at, id }: { readonly epoch: string; readonly at: number; readonly id: string },
  dup: boolean,
): JsonText =>
  `{"epoch":${JSON.stringify(epoch)},"at":${at},"id":${JSON.stringify(id)}${dup ? ',"dup":true}' : '}'}`

/** The content of an `err` frame. */
export interface WireError {
  readonly code: ErrorCode
  readonly message: string
  readonly retryAfter?: number | undefined
  readonly detail?: unknown
}

/** Encodes the refusal of a ref. */
export function encodeError(ref: number, error: WireError): string {
  const { retryAfter, detail } = error
  const extra = retryAfter === undefined && detail === undefined ? undefined : { retryAfter, detail }
  return encodeFrame('err', ref, error.code, error.message, extra)
}

/** Encodes a gap. */
export const encodeGap = (address: string, reason: GapReason, position: Position): string =>
  encodeFrame('gap', address, reason, position)

/** Encodes the start of a reader in a log, for the answer to a join and for `welcome`. */
export function encodeLogStart({ position, top, mode, reason }: LogStart): string {
  const [epoch, at, id] = position
  const why = reason === undefined ? '' : `,"reason":"${reason}"`
  return `{"epoch":${JSON.stringify(epoch)},"at":${at},"id":${JSON.stringify(id)},"top":${top},"mode":"${mode}"${why}}`
}

/** Encodes a member of a room. */
export const encodeMember = (session: string, user: string, state: JsonText): string =>
  `[${JSON.stringify(session)},${JSON.stringify(user)},${state}]`

/**
 * Encodes a change in a room, from members that are encoded already, as frames of the versions after
 * `version`.
 */
export function encodePresence(
  address: string,
  version: number,
  change: { joins: readonly string[]; leaves: readonly string[]; count?: number },
): string[] {
  const pages: string[][] = [[]]
  let bytes = 0
  for (const join of change.joins) {
    const size = utf8Length(join)
    if (bytes > 0 && bytes + size > presenceBytes) {
      pages.push([])
      bytes = 0
    }
    bytes += size
    pages.at(-1)?.push(join)
  }
  const head = `["presence",${JSON.stringify(address)}`
  const count = change.count === undefined ? '' : `,${change.count}`
  return pages.map((joins, i) => {
    const leaves = JSON.stringify(i === 0 ? change.leaves : [])
    return `${head},${version + i + 1},[${joins.join(',')}],${leaves}${count}]`
  })
}

/** Encodes a cast, from data and meta that are encoded already. */
export function encodeCast(cast: {
  readonly address: string
  readonly event: string
  readonly data: JsonText
  readonly meta: JsonText | null
  readonly from: string | null
  readonly session: string | undefined
  readonly key: string | undefined
}): string {
  const { address, event, data, meta, from, session, key } = cast
  const head = `["cast",${JSON.stringify(address)},${JSON.stringify(event)},${data},${JSON.stringify(from)}`
  if (key === undefined && meta === null)
    return session === undefined ? `${head}]` : `${head},${JSON.stringify(session)}]`
  const keyed = `${head},${JSON.stringify(session ?? null)},${JSON.stringify(key ?? null)}`
  return meta === null ? `${keyed}]` : `${keyed},${meta}]`
}
