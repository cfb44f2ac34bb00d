import { isUserName } from './names.ts'

/** The radio button that is chosen. */
export type Choice = 'here' | 'person' | 'everyone'

/** What pressing Enter would do. */
export interface Target {
  readonly choice: Choice
  /** Where to: an address, or `null` while the person's name is not complete. */
  readonly address: string | null
  /** What of the text is the message. */
  readonly text: string
}

/** Reads `@name text` as a message to one person; everything else goes where the chosen button says. */
export function readTarget(text: string, choice: Choice, here: string): Target {
  if (choice === 'everyone') return { choice, address: '*', text: text.trim() }
  const [, name, rest = ''] = /^@(\S*)(?:\s+([\s\S]*))?$/.exec(text) ?? []
  if (name === undefined) return { choice: 'here', address: here, text: text.trim() }
  return { choice: 'person', address: isUserName(name) ? `@${name}` : null, text: rest.trim() }
}
