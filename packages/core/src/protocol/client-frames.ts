import { type Position, toPosition } from '../vocabulary/position.ts'
import { count, integer, optional, present, record, text } from './fields.ts'
import { decodeFrame, markLostIntegers, type RawFrame } from './json.ts'
import { ProtocolError } from './protocol-error.ts'

/**
 * The request for a log in a `hello`: a position to continue from, `null` for the top, or malformed, which
 * spoils only its own entry.
 */
export type StreamRequest = Position | null | 'malformed'

/** The first frame of every connection. */
export interface HelloFrame {
  readonly type: 'hello'
  readonly versions: readonly [min: number, max: number]
  readonly token: string | null
  readonly session: { readonly id: string; readonly secret: string; readonly n: number } | null
  readonly streams: ReadonlyMap<string, StreamRequest>
}

/** A request to receive an address, after `since` or from the top. */
export interface JoinFrame {
  readonly type: 'join'
  readonly ref: number
  readonly address: string
  readonly since: Position | null
  readonly state: unknown
}

/** A request to stop receiving an address. */
export interface LeaveFrame {
  readonly type: 'leave'
  readonly ref: number
  readonly address: string
}

/** A request to publish a durable message. */
export interface SendFrame {
  readonly type: 'send'
  readonly ref: number
  readonly address: string
  readonly event: string
  readonly data: unknown
  /** The meta as it came, unchecked; `null` for none. */
  readonly meta: unknown
}

/** A request to publish a volatile message. */
export interface CastFrame {
  readonly type: 'cast'
  readonly address: string
  readonly event: string
  readonly data: unknown
  readonly key: string | undefined
  /** The meta as it came, unchecked; `null` for none. */
  readonly meta: unknown
}

/** A call of the hub. */
export interface CallFrame {
  readonly type: 'call'
  readonly ref: number
  readonly event: string
  readonly data: unknown
  /** The meta as it came, unchecked; `null` for none. */
  readonly meta: unknown
}

/** A request to end a call or a stream. */
export interface CancelFrame {
  readonly type: 'cancel'
  readonly ref: number
  /** The ref of a call on this connection, or the address of a stream. */
  readonly target: number | string
}

/** The answer to an ask of the hub. */
export interface ReplyFrame {
  readonly type: 'reply'
  readonly ask: number
  readonly data: unknown
}

/** The refusal of an ask of the hub. */
export interface RefuseFrame {
  readonly type: 'refuse'
  readonly ask: number
  readonly code: string
  readonly message: string
}

/** A request for a page of history. */
export interface ReadFrame {
  readonly type: 'read'
  readonly ref: number
  readonly address: string
  readonly after: number | undefined
  readonly before: number | undefined
  readonly limit: number | undefined
}

/** A change of the own presence state. */
export interface StateFrame {
  readonly type: 'state'
  readonly ref: number
  readonly address: string
  readonly data: unknown
}

/** A request for the members of a room. */
export interface WhoFrame {
  readonly type: 'who'
  readonly ref: number
  readonly address: string
  readonly after: string | undefined
  readonly limit: number | undefined
}

/** New credentials. */
export interface AuthFrame {
  readonly type: 'auth'
  readonly ref: number
  readonly token: string
}

/** A sign of life, or the request for one. */
export interface PingFrame {
  readonly type: 'ping' | 'pong'
  readonly t: number | undefined
}

/**
 * A frame of a type that this version does not know. `ref` is set when its second element is a valid ref
 * (P-FR-4).
 */
export interface UnknownFrame {
  readonly type: 'unknown'
  readonly name: string
  readonly ref: number | null
}

/** A frame of a client. */
export type ClientFrame =
  | HelloFrame
  | JoinFrame
  | LeaveFrame
  | SendFrame
  | CastFrame
  | CallFrame
  | CancelFrame
  | ReplyFrame
  | RefuseFrame
  | ReadFrame
  | StateFrame
  | WhoFrame
  | AuthFrame
  | PingFrame
  | UnknownFrame

const parsers: ReadonlyMap<string, (frame: RawFrame) => ClientFrame> = /* @__PURE__ */ new Map<
  string,
  (frame: RawFrame) => ClientFrame
>([
  ['hello', hello],
  ['join', join],
  ['leave', leave],
  ['send', send],
  ['cast', cast],
  ['call', call],
  ['cancel', cancel],
  ['reply', reply],
  ['refuse', refuse],
  ['read', read],
  ['state', state],
  ['who', who],
  ['auth', auth],
  ['ping', liveness],
  ['pong', liveness],
])

/**
 * Parses a line of a client's transmission.
 *
 * @throws ProtocolError for an invalid frame (P-FR-5).
 */
export function parseClientFrame(line: string): ClientFrame {
  const frame = decodeFrame(markLostIntegers(line))
  const parse = parsers.get(frame[0])
  return parse ? parse(frame) : unknown(frame)
}

function hello(frame: RawFrame): HelloFrame {
  const options = record(frame[1], 'hello')
  const session = optional(options['session'], 'session', record)
  return {
    type: 'hello',
    versions: versions(options['v']),
    token: optional(options['token'], 'token', text) ?? null,
    session: session
      ? {
          id: text(session['id'], 'session.id'),
          secret: text(session['secret'], 'session.secret'),
          n: integer(session['n'], 'session.n'),
        }
      : null,
    streams: streams(optional(options['streams'], 'streams', record) ?? {}),
  }
}

function versions(value: unknown): [number, number] {
  if (!Array.isArray(value)) throw new ProtocolError('v is not [min, max]')
  return [integer(value[0], 'v[0]'), integer(value[1], 'v[1]')]
}

function streams(requested: Readonly<Record<string, unknown>>): Map<string, StreamRequest> {
  const requests = new Map<string, StreamRequest>()
  for (const [address, position] of Object.entries(requested))
    requests.set(address, position === null ? null : (toPosition(position) ?? 'malformed'))
  return requests
}

function join(frame: RawFrame): JoinFrame {
  const options = optional(frame[3], 'options', record)
  return {
    type: 'join',
    ref: count(frame[1], 'ref'),
    address: text(frame[2], 'address'),
    since: optional(options?.['since'], 'since', position) ?? null,
    state: options?.['state'],
  }
}

function position(value: unknown, name: string): Position {
  const position = toPosition(value)
  if (position === null) throw new ProtocolError(`${name} is no position`)
  return position
}

function leave(frame: RawFrame): LeaveFrame {
  return { type: 'leave', ref: count(frame[1], 'ref'), address: text(frame[2], 'address') }
}

function send(frame: RawFrame): SendFrame {
  return {
    type: 'send',
    ref: count(frame[1], 'ref'),
    address: text(frame[2], 'address'),
    event: text(frame[3], 'event'),
    data: present(frame, 4, 'data'),
    meta: frame[5] ?? null,
  }
}

function cast(frame: RawFrame): CastFrame {
  const options = optional(frame[4], 'options', record)
  return {
    type: 'cast',
    address: text(frame[1], 'address'),
    event: text(frame[2], 'event'),
    data: present(frame, 3, 'data'),
    key: optional(options?.['key'], 'key', text),
    meta: options?.['meta'] ?? null,
  }
}

function call(frame: RawFrame): CallFrame {
  return {
    type: 'call',
    ref: count(frame[1], 'ref'),
    event: text(frame[2], 'event'),
    data: present(frame, 3, 'data'),
    meta: frame[4] ?? null,
  }
}

function cancel(frame: RawFrame): CancelFrame {
  const target = frame[2]
  return {
    type: 'cancel',
    ref: count(frame[1], 'ref'),
    target: typeof target === 'string' ? target : count(target, 'target'),
  }
}

function reply(frame: RawFrame): ReplyFrame {
  return { type: 'reply', ask: count(frame[1], 'ask'), data: present(frame, 2, 'data') }
}

function refuse(frame: RawFrame): RefuseFrame {
  return {
    type: 'refuse',
    ask: count(frame[1], 'ask'),
    code: text(frame[2], 'code'),
    message: text(frame[3], 'message'),
  }
}

const offset = (value: unknown, name: string): number => count(value, name, 0)
const limit = (value: unknown, name: string): number => count(value, name)

function read(frame: RawFrame): ReadFrame {
  const options = optional(frame[3], 'options', record)
  return {
    type: 'read',
    ref: count(frame[1], 'ref'),
    address: text(frame[2], 'address'),
    after: optional(options?.['after'], 'after', offset),
    before: optional(options?.['before'], 'before', offset),
    limit: optional(options?.['limit'], 'limit', limit),
  }
}

function state(frame: RawFrame): StateFrame {
  return {
    type: 'state',
    ref: count(frame[1], 'ref'),
    address: text(frame[2], 'address'),
    data: present(frame, 3, 'data'),
  }
}

function who(frame: RawFrame): WhoFrame {
  const options = optional(frame[3], 'options', record)
  return {
    type: 'who',
    ref: count(frame[1], 'ref'),
    address: text(frame[2], 'address'),
    after: optional(options?.['after'], 'after', text),
    limit: optional(options?.['limit'], 'limit', limit),
  }
}

function auth(frame: RawFrame): AuthFrame {
  return { type: 'auth', ref: count(frame[1], 'ref'), token: text(frame[2], 'token') }
}

function liveness(frame: RawFrame): PingFrame {
  return { type: frame[0] as 'ping' | 'pong', t: optional(frame[1], 't', integer) }
}

function unknown(frame: RawFrame): UnknownFrame {
  const ref = frame[1]
  const valid = Number.isSafeInteger(ref) && (ref as number) >= 1
  return { type: 'unknown', name: frame[0], ref: valid ? (ref as number) : null }
}
