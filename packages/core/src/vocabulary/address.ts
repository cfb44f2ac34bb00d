import { isCleanText, utf8Length } from './text.ts'

/**
 * Where a message goes, a plain string: `*` everyone, `#name` a room, `@id` a person on all her devices,
 * `~id` one session (casts and asks only).
 */
export type Address = string

/** What an address names. */
export type AddressKind = 'everyone' | 'room' | 'user' | 'session'

/** The address of everyone. */
export const everyone = '*'

const kinds: Readonly<Record<string, AddressKind>> = { '#': 'room', '@': 'user', '~': 'session' }

/**
 * What kind of address a text is, or `null` when it is none (P-AD-1): a name is 1–255 bytes of well-formed UTF-8
 * without control characters, compared exactly, never normalised.
 */
export function addressKind(address: string): AddressKind | null {
  if (address === everyone) return 'everyone'
  const kind = kinds[address.charAt(0)]
  return kind !== undefined && isName(address.slice(1)) ? kind : null
}

/**
 * Whether a text can be the name in an address: a room's name, a user's id, a session's id.
 */
export function isName(name: string): boolean {
  return name.length > 0 && name.length <= 255 && utf8Length(name) <= 255 && isCleanText(name)
}

/**
 * The address of a room: `room('lobby')` is `#lobby`.
 *
 * @throws RangeError when the name is not 1–255 bytes of text without control characters.
 */
export function room(name: string): `#${string}` {
  return `#${checked(name, 'room')}`
}

/**
 * The address of a user, on all of their devices: `user('alice')` is `@alice`.
 *
 * @throws RangeError when the id is not 1–255 bytes of text without control characters.
 */
export function user(id: string): `@${string}` {
  return `@${checked(id, 'user')}`
}

/**
 * The address of one session: `session('s9fK2b_x')` is `~s9fK2b_x`. It takes casts and asks, not durable messages.
 *
 * @throws RangeError when the id is not 1–255 bytes of text without control characters.
 */
export function session(id: string): `~${string}` {
  return `~${checked(id, 'session')}`
}

function checked(name: string, kind: string): string {
  if (isName(name)) return name
  throw new RangeError(
    `unable to build a ${kind} address: the name must be 1–255 bytes of text without control characters`,
  )
}
