/** The shapes of chat.v1 as its text gives them; nothing here comes from an implementation. */
export type Frame = readonly [type: string, ...rest: unknown[]]

export type Position = readonly [epoch: string, at: number, id: string | null]

/** A place in a stream, as `join` and `welcome` answer it. */
export interface Place {
  readonly epoch: string
  readonly at: number
  readonly id: string | null
  readonly top: number
  readonly mode: 'live' | 'replay' | 'gap' | 'refused'
  readonly reason?: string
  readonly code?: string
}

/** What an `ok` may carry: the keys of every operation's result. */
export interface Result extends Place {
  readonly dup?: boolean
  readonly base: number
  readonly messages: Frame[]
  readonly more: boolean
  readonly version: number
  readonly count: number
  readonly members: readonly (readonly [session: string, user: string, state: unknown])[]
}

export interface Answer {
  readonly ref: number
  /** `ok`, or the code of the `err`. */
  readonly code: string
  readonly result: Result
  /** The message of the `err`. */
  readonly text: string
  readonly extra: { readonly retryAfter?: number }
}

export interface Welcome {
  readonly v: number
  readonly session: { readonly id: string; readonly secret: string }
  readonly user: string
  readonly resumed: boolean
  readonly node: string
  readonly heartbeat: number
  readonly grace: number
  readonly limits: Record<string, number>
  readonly durability: string
  readonly streams: Record<string, Place>
  readonly features: unknown[]
  readonly expires?: number
}

export interface Message {
  readonly address: string
  readonly at: number
  readonly event: string
  readonly data: unknown
  readonly from: string | null
  readonly id: string
}

export function message([, address, at, event, data, from, id]: Frame): Message {
  return { address, at, event, data, from, id } as Message
}

export const positionOf = ({ epoch, at, id }: Pick<Place, 'epoch' | 'at' | 'id'>): Position => [epoch, at, id]

/** Arrays in arrays: `nested(1)` is `[]`. */
export const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

/** A `send` of exactly so many bytes, filled up with a letter. */
export function sendOfSize(bytes: number, ref: number, address: string, letter = 'a'): string {
  const empty = JSON.stringify(['send', ref, address, 'big', ''])
  const room = bytes - Buffer.byteLength(empty)
  const letters = Math.floor(room / Buffer.byteLength(letter))
  const rest = room - letters * Buffer.byteLength(letter)
  return JSON.stringify(['send', ref, address, 'big', letter.repeat(letters) + 'a'.repeat(rest)])
}
