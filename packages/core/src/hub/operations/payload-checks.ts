import type { WireError } from '../../protocol/encode.ts'
import { valueFault } from '../../protocol/values.ts'
import { isEventName } from '../../vocabulary/event-name.ts'

/** What a client is told of a value that nests too deep, or holds a number beyond the range of a double (P-FR-7). */
export const badPayload: WireError = {
  code: 'bad_payload',
  message: 'unable to take this data: it nests too deep, or a number is too large',
}

/**
 * Why a free-form value cannot be taken; `null` when it can.
 *
 * @internal
 */
export const badValue = (value: unknown, depth: number): WireError | null =>
  valueFault(value, depth) === null ? null : badPayload

/**
 * Why an event's name cannot be used; `null` when it can (P-PB-10).
 *
 * @internal
 */
export const badEvent = (event: string): WireError | null =>
  isEventName(event)
    ? null
    : {
        code: 'bad_request',
        message: 'unable to use this event: 1–128 bytes, no control characters, no $ at the start',
      }
