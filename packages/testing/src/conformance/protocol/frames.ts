/** A frame of the protocol as it stands on the wire. */
export type WireFrame = readonly [type: string, ...elements: unknown[]]

/** A position in the log of an address, as frames write it. */
export type WirePosition = readonly [epoch: string, at: number, id: string | null]

/** A position in the log of an address, as `join` and `welcome` answer it. */
export interface WireStream {
  /** Epoch of the log. */
  readonly epoch: string
  /** Offset behind which messages come. */
  readonly at: number
  /** Id of the message at `at`; `null` before the first message. */
  readonly id: string | null
  /** Offset of the newest message. */
  readonly top: number
  /** Continuation of the session: at the top, with a replay, after a gap, or refused. */
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
  /** `send`: the message was stored before. */
  readonly dup?: boolean
  /** `read`: offset of the newest message that is no longer kept. */
  readonly base: number
  /** `read`: the messages, as `msg` frames. */
  readonly messages: WireFrame[]
  /** `read`, `who` and `join`: further messages, or members, exist. */
  readonly more: boolean
  /** `who` and `join`: version of the presence. */
  readonly version: number
  /** `who` and `join`: number of members. */
  readonly count: number
  /** `who` and `join`: the members. */
  readonly members: readonly WireMember[]
}

/** An `ok` or `err`, taken apart. */
export interface WireAnswer {
  /** Ref of the operation. */
  readonly ref: number
  /** `ok`, or the code of the `err`. */
  readonly code: string
  /** Result of the `ok`; empty for an `err`. */
  readonly result: WireResult
  /** Message of the `err`; empty for an `ok`. */
  readonly text: string
  /** Last element of the `err`; empty when it is left out. */
  readonly extra: WireErrorExtra
}

/** Last element of an `err`. */
export interface WireErrorExtra {
  /** Milliseconds until the operation may be tried again. */
  readonly retryAfter?: number
  /** Detail of an application's own error. */
  readonly detail?: unknown
}

/** Body of a `welcome`. */
export interface WireWelcome {
  /** Version of the protocol. */
  readonly v: number
  /** Public id of the session, and the secret that resumes it. */
  readonly session: { readonly id: string; readonly secret: string }
  /** Id of the user. */
  readonly user: string
  /** The session is the session of the `hello`. */
  readonly resumed: boolean
  /** Id of the hub's incarnation. */
  readonly node: string
  /** Milliseconds of silence after which the hub sends a `ping`. */
  readonly heartbeat: number
  /** Milliseconds in which a `ping` is to be answered. */
  readonly grace: number
  /** Limits of the hub. */
  readonly limits: WireLimits
  /** Reach of an `ok` to a `send`: `node`, `log` or `replicated`. */
  readonly durability: string
  /** Position of the session in each address of the `hello`, in `*` and in its inbox. */
  readonly streams: Readonly<Record<string, WireStream>>
  /** Features beyond the protocol. */
  readonly features: readonly unknown[]
  /** Milliseconds until the credentials expire; absent when they do not. */
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
  /** Operations of a user at once. */
  readonly burst: number
  /** Bytes that wait for a connection. */
  readonly queue: number
  /** Messages of one replay. */
  readonly replay: number
}

/** Meta of a message, as frames write it. */
export type WireMeta = Readonly<Record<string, string | number | boolean | null>>

/** A `msg`, taken apart. */
export interface WireMessage {
  /** Address of the message. */
  readonly address: string
  /** Offset of the message in the log of the address. */
  readonly at: number
  /** Name of the event. */
  readonly event: string
  /** Data of the event. */
  readonly data: unknown
  /** Id of the sending user; `null` for the hub. */
  readonly from: string | null
  /** Id of the message. */
  readonly id: string
  /** Time at which the log took the message, in milliseconds since 1970. */
  readonly time: number
  /** Offset of the message before it; the offset below `at` when the frame leaves it out. */
  readonly prev: number
  /** Meta of the message; `null` for a message without meta. */
  readonly meta: WireMeta | null
}

/** Takes a `msg` apart. */
export function messageOf([, address, at, event, data, from, id, time, prev, meta]: WireFrame): WireMessage {
  const before = prev ?? (at as number) - 1
  return { address, at, event, data, from, id, time, prev: before, meta: meta ?? null } as WireMessage
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
