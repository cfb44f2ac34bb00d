import { isRecord } from '../../protocol/fields.ts'
import type { JsonText } from '../../vocabulary/json-text.ts'

/** A session and its user, as nodes name them to each other. */
export type NamedSession = readonly [session: string, user: string]

/** An ask of another node, for the sessions of an address at every node (P-ND-2). */
export interface NodeAsk {
  readonly type: 'ask'
  /** The id of the ask, which no other ask of any node has. */
  readonly id: string
  /** The node that asks. */
  readonly by: string
  /** The address. */
  readonly address: string
  /** The name of the ask; `null` to learn only which sessions are connected. */
  readonly event: string | null
  /** The data of the ask. */
  readonly data: JsonText
  /** The meta of the ask, an object; `null` for an ask without meta. */
  readonly meta: JsonText | null
  /** The time that is left for answers, in milliseconds. */
  readonly time: number
}

/** The outcome of an ask at one session: its answer, or the code and message of its refusal. */
export type NodeOutcome =
  | { readonly session: string; readonly user: string; readonly answer: JsonText }
  | {
      readonly session: string
      readonly user: string
      readonly error: { readonly code: string; readonly message: string }
    }

/** An answer of a node to the ask of another node. Answers may be lost, doubled or reordered. */
export interface NodeAnswer {
  readonly type: 'answer'
  /** The id of the ask. */
  readonly id: string
  /** The node that answers. */
  readonly by: string
  /** The number of sessions that this node asks, in all its answers together. */
  readonly count: number
  /** Sessions that this node asks. */
  readonly asked: readonly NamedSession[]
  /** Outcomes at sessions of this node. */
  readonly outcomes: readonly NodeOutcome[]
}

/** The notice that the asking node waits no more. */
export interface NodeStop {
  readonly type: 'stop'
  /** The id of the ask. */
  readonly id: string
}

/** A session whose record a node watches until it can no longer be resumed. */
export interface WatchedSession {
  /** The public id. */
  readonly session: string
  /** The id of its user. */
  readonly user: string
  /** The generation of its last connection. */
  readonly generation: number
  /** The node that held it last. */
  readonly node: string
}

/** Sessions that a node which closes hands over to another node. */
export interface NodeExpiry {
  readonly type: 'expiry'
  /** The node that closes. */
  readonly id: string
  /** The sessions. */
  readonly sessions: readonly WatchedSession[]
}

/** The word that a stream is cancelled: its writer's signal is to be aborted (P-SM-9). */
export interface NodeCancel {
  readonly type: 'cancel'
  /** The address of the stream. */
  readonly id: string
  /** The node that has taken the cancel. */
  readonly by: string
}

/** A text between nodes. */
export type NodeMessage = NodeAsk | NodeAnswer | NodeStop | NodeExpiry | NodeCancel

/** Returns a message as text. */
export const encodeNodeMessage = (message: NodeMessage): string => JSON.stringify(message)

type Fields = Readonly<Record<string, unknown>>

/** Returns the message in a parsed text; `null` for fields that are no message between nodes. */
export function toNodeMessage(fields: Fields): NodeMessage | null {
  const { type, id } = fields
  if (!isText(id)) return null
  switch (type) {
    case 'ask':
      return isAsk(fields) ? (fields as unknown as NodeAsk) : null
    case 'answer':
      return isAnswer(fields) ? (fields as unknown as NodeAnswer) : null
    case 'stop':
      return { type, id }
    case 'cancel':
      return isText(fields['by']) ? { type, id, by: fields['by'] } : null
    case 'expiry':
      return isExpiry(fields) ? (fields as unknown as NodeExpiry) : null
    default:
      return null
  }
}

const isText = (value: unknown): value is string => typeof value === 'string'

const isAsk = ({ by, address, event, data, meta, time }: Fields): boolean =>
  isText(by) &&
  isText(address) &&
  (event === null || isText(event)) &&
  isText(data) &&
  (meta === null || isText(meta)) &&
  Number.isFinite(time) &&
  (time as number) >= 0

const isAnswer = ({ by, count, asked, outcomes }: Fields): boolean =>
  isText(by) &&
  Number.isSafeInteger(count) &&
  (count as number) >= 0 &&
  Array.isArray(asked) &&
  asked.every(isNamedSession) &&
  Array.isArray(outcomes) &&
  outcomes.every(isOutcome)

const isNamedSession = (value: unknown): boolean =>
  Array.isArray(value) && isText(value[0]) && isText(value[1])

const isExpiry = ({ sessions }: Fields): boolean =>
  Array.isArray(sessions) && sessions.every(isWatchedSession)

function isWatchedSession(value: unknown): boolean {
  if (!isRecord(value)) return false
  const { session, user, generation, node } = value
  return isText(session) && isText(user) && Number.isSafeInteger(generation) && isText(node)
}

function isOutcome(value: unknown): boolean {
  if (!isRecord(value)) return false
  const { session, user, answer, error } = value
  return isText(session) && isText(user) && (isText(answer) || isFault(error))
}

function isFault(value: unknown): boolean {
  if (!isRecord(value)) return false
  const { code, message } = value
  return isText(code) && isText(message)
}
