import { exceedsBytes, isCleanText } from '../vocabulary/text.ts'

/**
 * Whether a text can be the name of an application's event (P-PB-10): 1–128 bytes, no control characters, and no `$` at the start, which the
 * SDK keeps for its own.
 *
 * @internal
 */
export function isEventName(event: string): boolean {
  return event !== '' && !exceedsBytes(event, 128) && isCleanText(event) && !event.startsWith('$')
}
