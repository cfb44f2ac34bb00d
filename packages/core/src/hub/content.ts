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
 * @throws ChatError `bad_payload` for data without a JSON form, `too_large` above 300 KiB.
 */
export function encodeContent(value: unknown, given: Meta | undefined): Content {
  let data: string
  try {
    data = encodeValue(value)
  } catch (cause) {
    throw new ChatError('bad_payload', 'unable to send: the data has no JSON form', { cause })
  }
  const meta = given === undefined ? null : encodeMeta(given)
  if (exceedsBytes(meta === null ? data : data + meta, answerBytes))
    throw new ChatError('too_large', `unable to send: data and meta are over ${answerBytes} bytes`)
  return { data, meta }
}
