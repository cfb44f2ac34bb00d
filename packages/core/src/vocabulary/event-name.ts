import { isName } from './text.ts'

/** Maximum size of a name in bytes. */
const nameBytes = 128

/** The rule of {@link isEventName}, for errors. */
export const eventNameRule = 'a name has 1–128 bytes, no control characters, and no $ at its start'

/**
 * Tells if a text can name an application's event, call or ask (P-PB-10). A `$` at the start marks the SDK's
 * own events.
 */
export function isEventName(name: string): boolean {
  return isName(name, nameBytes) && !name.startsWith('$')
}
