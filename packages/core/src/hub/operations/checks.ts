import type { WireError } from '../../protocol/encode.ts'
import { isMeta, metaRule } from '../../protocol/meta.ts'
import { valueFault } from '../../protocol/values.ts'
import { addressKind, parentOf } from '../../vocabulary/address.ts'
import { eventNameRule, isEventName } from '../../vocabulary/event-name.ts'
import type { JsonText } from '../../vocabulary/json-text.ts'
import { encodeContent } from '../content.ts'
import type { Session } from '../sessions/session.ts'

/** The error for a value that nests too deep, or holds a number that no double holds (P-FR-7). */
export const badPayload: WireError = {
  code: 'bad_payload',
  message:
    'unable to take this data: it nests too deep, or has a number that a double does not hold; write a long integer as a string',
}

/** Returns the error for a free-form value that cannot be taken, else `null`. */
export const checkValue = (value: unknown, depth: number): WireError | null =>
  valueFault(value, depth) === null ? null : badPayload

/** Returns the error for a name that cannot be an event's, else `null` (P-PB-10). */
export const checkEvent = (event: string): WireError | null =>
  isEventName(event)
    ? null
    : {
        code: 'bad_request',
        message: `unable to use this event: ${eventNameRule}`,
      }

/** Returns the error for meta that no client may write, else `null` (P-MT-3, P-MT-5). `null` is no meta. */
export const checkMeta = (meta: unknown): WireError | null =>
  meta === null || isMeta(meta)
    ? null
    : { code: 'bad_request', message: `unable to use this meta: it must be ${metaRule}` }

/** The error for an address whose messages no client may receive or read, except for its owner. */
export const foreignAddress: WireError = {
  code: 'forbidden',
  message:
    "unable to use this address: not allowed; a client receives and reads '*', rooms and its own user's inbox",
}

/**
 * Returns the error for an address, or the value that goes with it, that cannot be used to receive or read;
 * else `null` (P-AD-1, P-AD-2). The owner of the address is checked last, in the order of P-FR-9.
 */
export function checkAddress(session: Session, address: string, value?: unknown): WireError | null {
  const kind = addressKind(address)
  if (kind === null) return { code: 'bad_request', message: 'unable to use this address: it is malformed' }
  const bad = checkValue(value, session.context.limits.depth)
  if (bad !== null) return bad
  const place = kind === 'stream' ? parentOf(address) : address
  const own = place === '*' || place.startsWith('#') || place === session.inbox
  return own ? null : foreignAddress
}

/** Returns the error for a stream, of which an operation can do nothing; else `null` (P-SM-4). */
export const checkNoStream = (address: string): WireError | null =>
  address.startsWith('^')
    ? { code: 'unsupported', message: 'unable to do this with a stream: it is joined only' }
    : null

/** Data that the contract accepts. */
export interface ValidData {
  /** The data, as the validator returned it. */
  readonly data: unknown
  /** The same as text, when the hub hands on the output ({@link HubOptions.forward}); else `null`. */
  readonly json: JsonText | null
}

/** The error for an event that only the hub may send. */
export const hubOnly: WireError = {
  code: 'forbidden',
  message: 'unable to send this event: only the hub sends it',
}

/** The error for the name of a stream that is sent as a message. */
const onlyStreamed: WireError = {
  code: 'forbidden',
  message: "unable to send this event: it is a stream, whose head has 'stream' in its meta",
}

/** Validates the data of an event; returns the error for data that the contract does not accept. */
export function validateEvent(session: Session, event: string, data: unknown): ValidData | WireError {
  const { context } = session
  if (context.isServerEvent(event)) return hubOnly
  return context.isClientStream(event) ? onlyStreamed : validateData(session, event, data)
}

/** Validates data; returns the error for data that the contract does not accept. */
export function validateData(session: Session, event: string, data: unknown): ValidData | WireError {
  const { context } = session
  try {
    const output = context.validator.event(event, data)
    if (context.options.forward !== 'output') return { data: output, json: null }
    return { data: output, json: encodeContent(`hand on '${event}'`, output ?? null, undefined).data }
  } catch (error) {
    return context.wireError(error, { source: 'handler', session: session.id, subject: event })
  }
}
