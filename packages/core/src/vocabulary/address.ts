import { UsageError } from './errors.ts'
import { exceedsBytes, isName } from './text.ts'

/**
 * The destination of a message: `*` for everyone, `#name` for a room, `@id` for a user on all
 * of their devices, `~id` for one session (casts and asks only), `^id/parent` for a stream, which is joined
 * only.
 */
export type Address = string

/** The form of the addresses that messages are sent to. */
export type Destination = '*' | RoomAddress | `@${string}` | `~${string}`

/** The address of a room. Make it of a name with `address.room(name)`. */
export type RoomAddress = `#${string}`

/**
 * The type of a parameter that takes an address: a literal that is no address is a compile error, and a text from
 * a variable is checked when the program runs.
 */
export type AddressText<A extends string> = A extends Destination
  ? A
  : string extends A
    ? A
    : A extends `${infer First}${string}`
      ? string extends First
        ? A
        : Destination
      : Destination

/** The kind of destination that an address names. */
export type AddressKind = 'everyone' | 'room' | 'user' | 'session' | 'stream'

/** The address of everyone. */
export const everyone = '*'

const kinds: Readonly<Record<string, 'room' | 'user' | 'session'>> = {
  '#': 'room',
  '@': 'user',
  '~': 'session',
}

/** Maximum size of the address of a stream, in bytes (P-SM-1). */
const streamAddressBytes = 300

/**
 * The address of a stream: the id of the head, which is the name of a node or session, a dot and a positive integer;
 * and an address that is no session's and no stream's.
 */
const streamForm = /^\^([\w-]{8,16}\.([1-9]\d*))\/([^~^].*)$/s

/** The address of a stream in its parts. */
export interface StreamAddress {
  /** The id of the stream's head. */
  readonly id: string
  /** The address that the head was sent to: `*`, a room or a user. */
  readonly parent: Address
}

/** Returns the address of the stream with a head that was sent to `parent`: `^id/parent`. */
export const streamAddress = ({ id, parent }: StreamAddress): Address => `^${id}/${parent}`

/** Returns the parts of the address of a stream; `null` for a text that is none (P-SM-1). */
export function readStreamAddress(address: string): StreamAddress | null {
  const [, id = '', number, parent = ''] = streamForm.exec(address) ?? []
  const fits = Number.isSafeInteger(Number(number)) && !exceedsBytes(address, streamAddressBytes)
  return fits && destinationKind(parent) !== null ? { id, parent } : null
}

/** Returns the address that a stream was sent to; empty for an address that is not that of a stream. */
export const parentOf = (address: string): string => readStreamAddress(address)?.parent ?? ''

/**
 * Returns the kind of an address, or `null` for a value that is no address (P-AD-1, P-SM-1). The name behind
 * `#`, `@` or `~` is 1–255 bytes of well-formed UTF-8 without control characters. Names are compared exactly
 * and never normalised.
 */
export function addressKind(address: string): AddressKind | null {
  return destinationKind(address) ?? (readStreamAddress(address) === null ? null : 'stream')
}

/** Returns the kind of an address that messages are sent to; `null` for a stream, and for a value that is no address. */
export function destinationKind(address: string): Exclude<AddressKind, 'stream'> | null {
  if (address === everyone) return 'everyone'
  if (typeof address !== 'string') return null
  const kind = kinds[address.charAt(0)]
  return kind !== undefined && isName(address.slice(1)) ? kind : null
}

/** Builds addresses from names. A name that comes from a user is checked on the way. */
export interface Addresses {
  /** The address of everyone: `*`. */
  readonly everyone: '*'
  /**
   * The address of a room: `address.room('lobby')` is `#lobby`.
   *
   * @throws UsageError when the name is not 1–255 bytes of text without control characters.
   */
  room(name: string): RoomAddress
  /**
   * The address of a user, on all of their devices: `address.user('alice')` is `@alice`.
   *
   * @throws UsageError when the id is not 1–255 bytes of text without control characters.
   */
  user(id: string): `@${string}`
  /**
   * The address of one session: `address.session('s9fK2b_x')` is `~s9fK2b_x`. It takes casts and asks, not
   * durable messages.
   *
   * @throws UsageError when the id is not 1–255 bytes of text without control characters.
   */
  session(id: string): `~${string}`
}

/**
 * Builds addresses from names:
 *
 * ```ts
 * await hub.to(address.user(id)).send('notice', { title: 'paid' })
 * ```
 */
export const address: Addresses = {
  everyone,
  room: (name) => `#${checkedName(name, 'room')}`,
  user: (id) => `@${checkedName(id, 'user')}`,
  session: (id) => `~${checkedName(id, 'session')}`,
}

function checkedName(name: string, kind: string): string {
  if (isName(name)) return name
  throw new UsageError(
    `unable to build a ${kind} address: the name must be 1–255 bytes of text without control characters`,
  )
}
