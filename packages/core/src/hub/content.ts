import { checkCarried } from '../protocol/carried.ts'
import { encodeValue } from '../protocol/json.ts'
import { answerBytes } from '../protocol/limits.ts'
import { encodeMeta } from '../protocol/meta.ts'
import { ChatError } from '../vocabulary/errors.ts'
import type { JsonText } from '../vocabulary/json-text.ts'
import type { Meta } from '../vocabulary/meta.ts'
import { exceedsBytes } from '../vocabulary/text.ts'

/** The data and meta of a message, encoded. */
export interface Content {
  /** The data. */
  readonly data: JsonText
  /** The meta; `null` for none. */
  readonly meta: JsonText | null
}

/**
 * Encodes data and meta of the application.
 *
 * @param operation - Completes "unable to …", such as `send 'say'`.
 * @throws ChatError `bad_payload` for data that JSON does not carry, `too_large` above 300 KiB.
 */
export function encodeContent(operation: string, value: unknown, given: Meta | undefined): Content {
  checkCarried(operation, value)
  const data = encodeValue(value)
  const meta = given === undefined ? null : encodeMeta(given)
  if (exceedsBytes(meta === null ? data : data + meta, answerBytes))
    throw new ChatError('too_large', `unable to ${operation}: data and meta are over ${answerBytes} bytes`)
  return { data, meta }
}
