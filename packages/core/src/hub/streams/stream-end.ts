import { isRecord } from '../../protocol/fields.ts'
import { type ErrorCode, isWireCode } from '../../vocabulary/errors.ts'
import type { JsonText } from '../../vocabulary/json-text.ts'
import type { EndState } from '../../vocabulary/stream.ts'

/** The end of a stream, as its last entry tells it (P-SM-6). */
export interface StoredEnd {
  /** The state in which the stream has ended. */
  readonly state: EndState
  /** The code of the failure, for `failed`. */
  readonly code?: ErrorCode | undefined
  /** The text of the failure, for `failed`. */
  readonly message?: string | undefined
}

const states: readonly string[] = ['done', 'cancelled', 'failed', 'lost'] satisfies EndState[]

/** Returns an end as the data of the last entry. */
export const encodeEnd = ({ state, code, message }: StoredEnd): JsonText =>
  JSON.stringify({ state, code, message })

/** Returns the end that a client writes, as it is stored; `null` for data that is none (P-SM-6). */
export function readClientEnd(value: unknown): JsonText | null {
  if (!isRecord(value)) return null
  const { state, code, message } = value
  if (state === 'done' || state === 'cancelled') return encodeEnd({ state })
  if (state !== 'failed') return null
  if (code !== undefined && !(typeof code === 'string' && isWireCode(code))) return null
  if (message !== undefined && typeof message !== 'string') return null
  return encodeEnd({ state, code, message })
}

/** Reads the data of the last entry. An unknown state means `failed`. */
export function readEnd(data: JsonText): StoredEnd {
  const value: unknown = JSON.parse(data)
  const { state, code, message } = isRecord(value) ? value : {}
  const known = states.includes(state as string) ? (state as EndState) : 'failed'
  return {
    state: known,
    code: typeof code === 'string' ? (code as ErrorCode) : undefined,
    message: typeof message === 'string' ? message : undefined,
  }
}
