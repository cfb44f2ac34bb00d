/** A frame of the protocol as it stands on the wire. */
export type WireFrame = readonly [type: string, ...elements: unknown[]]

/** A position in the log of an address, as frames write it. */
export type WirePosition = readonly [epoch: string, at: number, id: string | null]

/** Where a session stands in the log of an address, as `join` and `welcome` answer it. */
export interface WireStream {
  readonly epoch: string
  readonly at: number
  readonly id: string | null
  readonly top: number
  readonly mode: 'live' | 'replay' | 'gap' | 'refused'
  /** Reason of a gap. */
  readonly reason?: string
  /** Error code of a refusal. */
  readonly code?: string
}

/** A member of a room, as frames write it. */
export type WireMember = readonly [session: string, user: string, state: unknown]

/** Keys of the results of all operations; each operation answers with its own part of them. */
export interface WireResult extends WireStream {
  readonly dup?: boolean
  readonly base: number
  readonly messages: WireFrame[]
  readonly more: boolean
  readonly version: number
  readonly count: number
  readonly members: readonly WireMember[]
}

/** An `ok` or `err`, taken apart. */
export interface WireAnswer {
  readonly ref: number
  /** `ok`, or the code of the `err`. */
  readonly code: string
  /** Result of the `ok`; empty for an `err`. */
  readonly result: WireResult
  /** Message of the `err`; empty for an `ok`. */
  readonly text: string
  readonly extra: { readonly retryAfter?: number }
}

/** Body of a `welcome`. */
export interface WireWelcome {
  readonly v: number
  readonly session: { readonly id: string; readonly secret: string }
  readonly user: string
  readonly resumed: boolean
  readonly node: string
  readonly heartbeat: number
  readonly grace: number
  readonly limits: WireLimits
  readonly durability: string
  readonly streams: Readonly<Record<string, WireStream>>
  readonly features: readonly unknown[]
  readonly expires?: number
}

/** Limits that a `welcome` tells. */
export interface WireLimits {
  /** Bytes of a frame that a client writes. */
  readonly frame: number
  /** Bytes of a transmission that a client writes. */
  readonly transmission: number
  /** Depth of values. */
  readonly depth: number
  /** Rooms of a session. */
  readonly rooms: number
  /** Unanswered sends and calls of a client. */
  readonly inflight: number
  /** Operations of a user per second. */
  readonly rate: number
  /** Operations that a user may do at once. */
  readonly burst: number
  /** Bytes that wait for a connection. */
  readonly queue: number
  /** Messages of one replay. */
  readonly replay: number
}

/** A `msg`, taken apart. */
export interface WireMessage {
  readonly address: string
  readonly at: number
  readonly event: string
  readonly data: unknown
  readonly from: string | null
  readonly id: string
}

/** Takes a `msg` apart. */
export function messageOf([, address, at, event, data, from, id]: WireFrame): WireMessage {
  return { address, at, event, data, from, id } as WireMessage
}

/** Position in an answer, as frames write it. */
export const positionOf = ({ epoch, at, id }: Pick<WireStream, 'epoch' | 'at' | 'id'>): WirePosition => [
  epoch,
  at,
  id,
]

/** JSON of arrays in arrays; `nested(1)` is `[]`. */
export const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

/** Bytes of a text in UTF-8. */
export function byteLength(text: string): number {
  let bytes = 0
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  }
  return bytes
}

/** Text of exactly `bytes` bytes, of one letter as far as it fits. */
export function textOf(bytes: number, letter = 'a'): string {
  const size = byteLength(letter)
  return letter.repeat(Math.floor(bytes / size)) + 'a'.repeat(bytes % size)
}

/** JSON of a `send` of exactly `bytes` bytes. */
export function sendOfSize(bytes: number, [ref, address]: readonly [number, string], letter = 'a'): string {
  const empty = JSON.stringify(['send', ref, address, 'big', ''])
  return JSON.stringify(['send', ref, address, 'big', textOf(bytes - byteLength(empty), letter)])
}

/** A text for a title: short texts as JSON, long texts as their beginning and length. */
export function brief(text: string): string {
  if (text.length <= 90) return JSON.stringify(text)
  return `${JSON.stringify(text.slice(0, 24))}… (${text.length} characters)`
}
