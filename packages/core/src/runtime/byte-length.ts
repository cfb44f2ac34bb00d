import { utf8Length } from '../vocabulary/text.ts'
import { platform } from './globals.ts'

/**
 * Returns the size of a text in UTF-8, in bytes, as `utf8Length` does. Node and Bun compute it in a third of the
 * time, and need not join the parts of a text for it.
 */
export const byteLength: (text: string) => number = platform.Buffer?.byteLength ?? utf8Length
