import type { Meta } from '../vocabulary/meta.ts'
import { type GapReason, type LogStart, type Position, toPosition } from '../vocabulary/position.ts'
import { count, integer, isRecord, optional, present, record, skippable, text } from './fields.ts'
import { decodeFrame, type RawFrame } from './json.ts'
import { ProtocolError } from './protocol-error.ts'

/** The hub's limits, as `welcome` names them; sizes in bytes. PROTOCOL §4. */
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

const limitNames: readonly (keyof WelcomeLimits)[] = [
  'frame',
  'transmission',
  'depth',
  'rooms',
  'inflight',
  'rate',
  'burst',
  'queue',
  'replay',
]

/** The entry of a log in a `welcome`: the start of the reader, or the code of the refusal. */
export type StreamAnswer = LogStart | { readonly mode: 'refused'; readonly code: string }

/** The handshake is done. */
export interface WelcomeFrame {
  readonly type: 'welcome'
  readonly session: { readonly id: string; readonly secret: string }
  readonly user: string
  readonly resumed: boolean
  readonly node: string
  readonly heartbeat: number
  readonly grace: number
  readonly limits: WelcomeLimits
  readonly durability: string
  readonly streams: ReadonlyMap<string, StreamAnswer>
  readonly expires: number | undefined
}

/** A durable message, as it comes over the wire. */
export interface MsgFrame {
  readonly type: 'msg'
  readonly address: string
  readonly at: number
  readonly event: string
  readonly data: unknown
  readonly from: string | null
  readonly id: string
  readonly time: number
  readonly prev: number
  readonly meta: Meta | null
}

/** A volatile message, as it comes over the wire. */
export interface HubCastFrame {
  readonly type: 'cast'
  readonly address: string
  readonly event: string
  readonly data: unknown
  readonly from: string | null
  readonly session: string | null
  readonly key: string | undefined
  readonly meta: Meta | null
}

/** A question of the hub, as it comes over the wire. */
export interface AskFrame {
  readonly type: 'ask'
  readonly ask: number
  readonly event: string
  readonly data: unknown
  readonly meta: Meta | null
}

/** A frame of a hub. */
export type HubFrame =
  | WelcomeFrame
  | MsgFrame
  | HubCastFrame
  | { readonly type: 'ok'; readonly ref: number; readonly result: unknown }
  | {
      readonly type: 'err'
      readonly ref: number
      readonly code: string
      readonly message: string
      readonly retryAfter: number | undefined
      readonly detail: unknown
    }
  | AskFrame
  | {
      readonly type: 'gap'
      readonly address: string
      readonly reason: GapReason
      readonly position: Position
    }
  /** A change of membership, unparsed: only a client that shows presence parses it. */
  | { readonly type: 'presence'; readonly address: string; readonly frame: readonly unknown[] }
  | { readonly type: 'left'; readonly address: string; readonly code: string; readonly message: string }
  | {
      readonly type: 'bye'
      readonly code: number
      readonly message: string
      readonly retryAfter: number | undefined
    }
  | { readonly type: 'ping' | 'pong'; readonly t: number | undefined }
  /** A frame of a type that this version does not know: ignored and counted (P-FR-4). */
  | { readonly type: 'unknown'; readonly name: string }

/**
 * Parses a line of a hub's transmission.
 *
 * @throws ProtocolError for an invalid frame: the client drops the connection and reconnects (P-FR-5).
 */
export function parseHubFrame(line: string): HubFrame {
  const frame = decodeFrame(line)
  switch (frame[0]) {
    case 'msg':
      return parseMsg(frame)
    case 'ok':
      return { type: 'ok', ref: count(frame[1], 'ref'), result: frame[2] }
    case 'err':
      return parseErr(frame)
    case 'cast':
      return parseCast(frame)
    case 'ask':
      return {
        type: 'ask',
        ask: count(frame[1], 'ask'),
        event: text(frame[2], 'event'),
        data: present(frame, 3, 'data'),
        meta: meta(frame[4]),
      }
    case 'gap':
      return parseGap(frame)
    case 'presence':
      return { type: 'presence', address: text(frame[1], 'address'), frame }
    case 'left':
      return {
        type: 'left',
        address: text(frame[1], 'address'),
        code: text(frame[2], 'code'),
        message: text(frame[3], 'message'),
      }
    case 'bye':
      return parseBye(frame)
    case 'ping':
    case 'pong':
      return { type: frame[0], t: optional(frame[1], 't', integer) }
    case 'welcome':
      return parseWelcome(frame)
    default:
      return { type: 'unknown', name: frame[0] }
  }
}

/**
 * Parses a `msg` frame, alone or in a page of history.
 *
 * @throws ProtocolError for an invalid element.
 */
export function parseMsg(frame: readonly unknown[]): MsgFrame {
  const at = count(frame[2], 'at')
  return {
    type: 'msg',
    address: text(frame[1], 'address'),
    at,
    event: text(frame[3], 'event'),
    data: frame[4],
    from: sender(present(frame, 5, 'from')),
    id: text(frame[6], 'id'),
    time: integer(frame[7], 'time'),
    prev: skippable(frame[8], 'prev', (value, name) => count(value, name, 0)) ?? at - 1,
    meta: meta(frame[9]),
  }
}

function parseCast(frame: RawFrame): HubCastFrame {
  return {
    type: 'cast',
    address: text(frame[1], 'address'),
    event: text(frame[2], 'event'),
    data: present(frame, 3, 'data'),
    from: sender(present(frame, 4, 'from')),
    session: typeof frame[5] === 'string' ? frame[5] : null,
    key: skippable(frame[6], 'key', text),
    meta: meta(frame[7]),
  }
}

function parseErr(frame: RawFrame): HubFrame {
  const extra = isRecord(frame[4]) ? frame[4] : {}
  return {
    type: 'err',
    ref: count(frame[1], 'ref'),
    code: text(frame[2], 'code'),
    message: text(frame[3], 'message'),
    retryAfter: duration(extra['retryAfter']),
    detail: extra['detail'],
  }
}

function parseGap(frame: RawFrame): HubFrame {
  const position = toPosition(frame[3])
  if (position === null) throw new ProtocolError('a gap has no position')
  const reason = text(frame[2], 'reason') as GapReason
  return { type: 'gap', address: text(frame[1], 'address'), reason, position }
}

function parseBye(frame: RawFrame): HubFrame {
  const extra = isRecord(frame[3]) ? frame[3] : {}
  return {
    type: 'bye',
    code: count(frame[1], 'code'),
    message: text(frame[2], 'message'),
    retryAfter: duration(extra['retryAfter']),
  }
}

function parseWelcome(frame: RawFrame): WelcomeFrame {
  const welcome = record(frame[1], 'welcome')
  const session = record(welcome['session'], 'session')
  const streams = new Map<string, StreamAnswer>()
  for (const [address, answer] of Object.entries(record(welcome['streams'], 'streams')))
    streams.set(address, parseStreamAnswer(answer))
  return {
    type: 'welcome',
    session: { id: text(session['id'], 'session.id'), secret: text(session['secret'], 'session.secret') },
    user: text(welcome['user'], 'user'),
    resumed: welcome['resumed'] === true,
    node: text(welcome['node'], 'node'),
    heartbeat: count(welcome['heartbeat'], 'heartbeat'),
    grace: count(welcome['grace'], 'grace'),
    limits: parseLimits(record(welcome['limits'], 'limits')),
    durability: text(welcome['durability'], 'durability'),
    streams,
    expires: duration(welcome['expires']),
  }
}

/** Parses the limits. A client computes with them, so a limit that is no number would stop it silently. */
function parseLimits(given: Readonly<Record<string, unknown>>): WelcomeLimits {
  const limits: Record<string, unknown> = {}
  for (const name of limitNames) {
    const value = given[name]
    if (!(Number.isFinite(value) && Number(value) > 0))
      throw new ProtocolError(`limits.${name} is not a number above 0`)
    limits[name] = value
  }
  return limits as unknown as WelcomeLimits
}

function parseStreamAnswer(value: unknown): StreamAnswer {
  const answer = record(value, 'stream')
  if (answer['mode'] === 'refused') return { mode: 'refused', code: text(answer['code'], 'code') }
  return parseLogStart(answer)
}

/**
 * Parses the answer to a `join`.
 *
 * @throws ProtocolError for an answer without a position.
 */
export function parseLogStart(value: unknown): LogStart {
  const answer = record(value, 'start')
  const position = toPosition([answer['epoch'], answer['at'], answer['id']])
  if (position === null) throw new ProtocolError('the start in a log has no position')
  return {
    position,
    top: count(answer['top'], 'top', 0),
    mode: text(answer['mode'], 'mode') as LogStart['mode'],
    reason: optional(answer['reason'], 'reason', text) as GapReason | undefined,
  }
}

function meta(value: unknown): Meta | null {
  return (skippable(value, 'meta', record) as Meta | undefined) ?? null
}

function sender(value: unknown): string | null {
  return value === null ? null : text(value, 'from')
}

function duration(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined
}
