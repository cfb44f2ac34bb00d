import { ChatError } from '@chat/core'
import { markLostIntegers } from '@chat/core/transport'

/** The body of a request to publish. */
export interface PublishBody {
  /** The address to send to. */
  readonly address: string
  /** The name of the message. */
  readonly event: string
  /** The data of the message. */
  readonly data: unknown
  /** The id of the user in whose name it is sent; `undefined` for the hub, or for the authenticated user. */
  readonly from: string | undefined
  /** Facts about the message; `undefined` without meta. */
  readonly meta: Readonly<Record<string, unknown>> | undefined
  /** `true` to send a cast, which is not stored. */
  readonly cast: boolean
  /** The key of a cast, of which a newer cast with the same key replaces this cast. */
  readonly key: string | undefined
}

const fields = ['address', 'event', 'data', 'from', 'meta', 'cast', 'key']

/**
 * @throws ChatError `bad_request` for a body that is no JSON object, lacks a field or has an unknown field,
 * `bad_payload` for an integer that would be sent with other digits.
 */
export function parsePublishBody(text: string): PublishBody {
  const body = recordOf(text)
  for (const name of Object.keys(body))
    if (!fields.includes(name)) throw bad(`there is no field '${name}'; the fields are ${fields.join(', ')}`)
  const { meta, cast = false } = body
  if (meta !== undefined && !isRecord(meta)) throw bad("'meta' is not an object")
  if (typeof cast !== 'boolean') throw bad("'cast' is neither true nor false")
  if (body['data'] === undefined) throw bad("'data' is missing; it may be null")
  const key = optionalText(body, 'key')
  if (key !== undefined && !cast) throw bad("'key' goes with 'cast'; a message has an Idempotency-Key header")
  return {
    address: requiredText(body, 'address'),
    event: requiredText(body, 'event'),
    data: body['data'],
    from: optionalText(body, 'from'),
    meta,
    cast,
    key,
  }
}

function recordOf(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new ChatError('bad_request', 'unable to publish: the body is not JSON', { cause })
  }
  if (!isRecord(value)) throw bad('the body is not a JSON object')
  if (markLostIntegers(text) !== text)
    throw new ChatError(
      'bad_payload',
      'unable to publish: an integer has more digits than a double holds; write it as a string',
    )
  return value
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function requiredText(body: Record<string, unknown>, name: string): string {
  const value = optionalText(body, name)
  if (value === undefined) throw bad(`'${name}' is missing`)
  return value
}

function optionalText(body: Record<string, unknown>, name: string): string | undefined {
  const value = body[name]
  if (value === undefined || typeof value === 'string') return value
  throw bad(`'${name}' is not a text`)
}

const bad = (reason: string): ChatError => new ChatError('bad_request', `unable to publish: ${reason}`)
