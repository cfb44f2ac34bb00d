import type { Meta } from '../vocabulary/meta.ts'
import { type GapReason, type Position, toPosition } from '../vocabulary/position.ts'
import { isRecord } from './fields.ts'
import { decodeFrame, type RawFrame } from './json.ts'
import { ProtocolError } from './protocol-error.ts'

/*
 * The frames of a hub stay as they came over the wire: their elements are checked, and not copied. PROTOCOL §4
 * says the meaning of each.
 */

/** The hub's limits, as `welcome` names them; sizes in bytes. */
export interface WelcomeLimits {
  readonly frame: number
  readonly transmission: number
  readonly depth: number
  readonly rooms: number
  readonly inflight: number
  readonly rate: number
  readonly burst: number
  readonly queue: number
  readonly replay: number
}

/** The start of a reader in a log: the answer to a `join`, and the entry of a log in a `welcome`. */
export interface StartAnswer {
  readonly epoch: string
  readonly at: number
  readonly id: string | null
  readonly top: number
  readonly mode: 'live' | 'replay' | 'gap'
  readonly reason?: GapReason
}

/** The entry of a log in a `welcome`: the start of the reader, or the refusal. */
export type StreamAnswer =
  | StartAnswer
  | { readonly mode: 'refused'; readonly code: string; readonly message?: string }

/** The content of a `welcome`: the handshake is done. */
export interface Welcome {
  readonly session: { readonly id: string; readonly secret: string }
  readonly user: string
  readonly resumed: unknown
  readonly heartbeat: number
  readonly grace: number
  readonly limits: WelcomeLimits
  readonly streams: Readonly<Record<string, StreamAnswer>>
  readonly expires?: unknown
}

/** A durable message. `prev` is left out when it is the offset before. */
export type MsgFrame = readonly [
  type: 'msg',
  address: string,
  at: number,
  event: string,
  data: unknown,
  from: string | null,
  id: string,
  time: number,
  prev?: number | null,
  meta?: Meta | null,
]

/** A volatile message. */
export type CastFrame = readonly [
  type: 'cast',
  address: string,
  event: string,
  data: unknown,
  from: string | null,
  session?: unknown,
  key?: string | null,
  meta?: Meta | null,
]

/** A question of the hub. */
export type AskFrame = readonly [type: 'ask', ask: number, event: string, data: unknown, meta?: Meta | null]

/** The end of an ask or a stream: its number on this connection, or the address. */
export type CancelFrame = readonly [type: 'cancel', target: number | string]

/** The refusal of an operation. */
export type ErrFrame = readonly [type: 'err', ref: number, code: string, message: string, extra?: unknown]

/** A loss of messages: the log continues after the position. */
export type GapFrame = readonly [type: 'gap', address: string, reason: GapReason, position: Position]

/** The end of a membership. */
export type LeftFrame = readonly [type: 'left', address: string, code: string, message: string]

/** The announced end of the connection. */
export type ByeFrame = readonly [type: 'bye', code: number, message: string, extra?: unknown]

/** A frame of a hub. */
export type HubFrame =
  | readonly [type: 'welcome', welcome: Welcome]
  | MsgFrame
  | CastFrame
  | readonly [type: 'ok', ref: number, result?: unknown]
  | ErrFrame
  | AskFrame
  | CancelFrame
  | GapFrame
  /** A change of membership: only a client that shows presence looks at its further elements. */
  | readonly [type: 'presence', address: string, ...change: unknown[]]
  | LeftFrame
  | ByeFrame
  | readonly [type: 'ping' | 'pong', t?: number]

type Check = (value: unknown) => boolean

const any: Check = () => true
const given: Check = (value) => value !== undefined
const text: Check = (value) => typeof value === 'string'
const integer: Check = (value) => Number.isSafeInteger(value)
const whole: Check = (value) => integer(value) && (value as number) >= 0
const count: Check = (value) => whole(value) && value !== 0
/** A client computes with the limits, so a limit that is no number would stop it silently. */
const limit: Check = (value) => Number.isFinite(value) && (value as number) > 0
const position: Check = (value) => toPosition(value) !== null
const sender: Check = (value) => value === null || text(value)
/** An element that may be left out, or be null because a later element follows it (P-MT-2). */
const skippable =
  (check: Check): Check =>
  (value) =>
    value === undefined || value === null || check(value)
const object =
  (members: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isRecord(value) && Object.entries(members).every(([name, check]) => check(value[name]))

/** The start of a reader in a log. */
const start: Check = (value) =>
  isRecord(value) &&
  position([value['epoch'], value['at'], value['id']]) &&
  whole(value['top']) &&
  text(value['mode']) &&
  (value['reason'] === undefined || text(value['reason']))

const stream: Check = (value) =>
  start(value) ||
  (isRecord(value) &&
    value['mode'] === 'refused' &&
    text(value['code']) &&
    (value['message'] === undefined || text(value['message'])))

const welcome = object({
  session: object({ id: text, secret: text }),
  user: text,
  node: text,
  heartbeat: count,
  grace: count,
  limits: object({
    frame: limit,
    transmission: limit,
    depth: limit,
    rooms: limit,
    inflight: limit,
    rate: limit,
    burst: limit,
    queue: limit,
    replay: limit,
  }),
  durability: text,
  streams: (value) => isRecord(value) && Object.values(value).every(stream),
})

const heartbeat: readonly Check[] = [(value) => value === undefined || integer(value)]

/** The elements of each frame after its type. */
const shapes: ReadonlyMap<string, readonly Check[]> = new Map([
  ['welcome', [welcome]],
  ['msg', [text, count, text, any, sender, text, integer, skippable(whole), skippable(isRecord)]],
  ['cast', [text, text, given, sender, any, skippable(text), skippable(isRecord)]],
  ['ok', [count]],
  ['err', [count, text, text]],
  ['ask', [count, text, given, skippable(isRecord)]],
  ['cancel', [(value) => count(value) || text(value)]],
  ['gap', [text, text, position]],
  ['presence', [text]],
  ['left', [text, text, text]],
  ['bye', [count, text]],
  ['ping', heartbeat],
  ['pong', heartbeat],
])

/**
 * Parses a line of a hub's transmission. Returns `null` for a frame of a type that this version does not know
 * (P-FR-4).
 *
 * @throws ProtocolError for an invalid frame: the client drops the connection and reconnects (P-FR-5).
 */
export function parseHubFrame(line: string): HubFrame | null {
  const frame = decodeFrame(line)
  return shapes.has(frame[0]) ? checkFrame(frame, frame[0]) : null
}

/**
 * Checks a `msg` frame in a page of history.
 *
 * @throws ProtocolError for an invalid element.
 */
export const checkMsg = (frame: unknown): MsgFrame => checkFrame(frame as RawFrame, 'msg') as MsgFrame

/**
 * Checks the answer to a `join`.
 *
 * @throws ProtocolError for an answer without a position.
 */
export function checkStart(answer: unknown): StartAnswer {
  if (start(answer)) return answer as StartAnswer
  throw new ProtocolError('the start in a log is malformed')
}

/** Returns a duration that a frame may name, in milliseconds; `undefined` for every other value. */
export const durationOf = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 ? value : undefined

function checkFrame(frame: RawFrame, type: string): HubFrame {
  shapes.get(type)?.forEach((check, index) => {
    if (!check(frame[index + 1])) throw new ProtocolError(`element ${index + 1} of '${type}' is malformed`)
  })
  return frame as unknown as HubFrame
}
