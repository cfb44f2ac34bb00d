import { isUserName } from './names.ts'

/** The chosen radio button. */
export type Choice = 'here' | 'person' | 'everyone'

/** The effect of pressing Enter. */
export interface Target {
  readonly choice: Choice
  /** The address to send to; `null` while the name of the person is incomplete. */
  readonly address: string | null
  /** The message within the text. */
  readonly text: string
}

/** Reads `@name text` as a message to that person; any other text goes to the chosen receiver. */
export function readTarget(text: string, choice: Choice, here: string): Target {
  if (choice === 'everyone') return { choice, address: '*', text: text.trim() }
  const [, name, rest = ''] = /^@(\S*)(?:\s+([\s\S]*))?$/.exec(text) ?? []
  if (name === undefined) return { choice: 'here', address: here, text: text.trim() }
  return { choice: 'person', address: isUserName(name) ? `@${name}` : null, text: rest.trim() }
}
