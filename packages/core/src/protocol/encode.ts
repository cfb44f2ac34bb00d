import type { ErrorCode } from '../vocabulary/errors.ts'
import type { GapReason, LogStart, Position } from '../vocabulary/position.ts'
import { utf8Length } from '../vocabulary/text.ts'
import { encodeValue } from './json.ts'
import { presenceBytes } from './limits.ts'

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

/** The start of a reader in a log, as the answer to a join and in `welcome`. */
export function encodeLogStart({ position, top, mode, reason }: LogStart): string {
  const [epoch, at, id] = position
  return JSON.stringify({ epoch, at, id, top, mode, reason })
}

/** @internal */
export const encodeMember = (session: string, user: string, state: unknown): string =>
  `[${JSON.stringify(session)},${JSON.stringify(user)},${encodeValue(state)}]`

/**
 * What has changed in a room, from members that are encoded already: frames of the versions after `version`, as many as it takes.
 *
 * @internal
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
