import type { ChatError, Message, Meta, Position } from '@chat/core'
import { ofMeta } from './changes.ts'
import type { LogSource } from './log-source.ts'
import type { ItemOf, MessageState } from './message-item.ts'

/** Message of this user that the list does not have from the log. */
export interface OwnMessage {
  readonly event: string
  readonly data: unknown
  readonly meta?: Meta | null | undefined
  /** Id of the last attempt; `null` before it was written. */
  readonly id: string | null
  /** Position in the log; `null` before it is known. */
  readonly position?: Position | null
}

/** Returns a message of this user as the log has it, or will have it. */
export const messageOf = (
  { address, parts }: LogSource,
  { event, data, meta = null, id, position }: OwnMessage,
): Message => ({
  ...{ address, event, data, meta, from: parts.user, session: sessionOf(id), durable: true },
  ...{ id: id ?? '', position: position ?? ['', 0, null], time: Number.NaN },
})

/** Message of this user with its place in a list. */
interface OwnLine extends OwnMessage {
  readonly key: string
  readonly state: MessageState
  readonly error: ChatError | null
}

/** Returns a message of a user on its way, as a list shows it. */
export const itemOf = (
  from: string | null,
  { key, event, data, meta = null, id, position = null, state, error }: OwnLine,
): ItemOf<string, unknown> => ({
  ...{ key, event, data, id, position, time: null, from, session: sessionOf(id), meta, mine: true },
  ...{ state, error, edited: false, removed: false, changeError: null, reactions: [] },
  ...{ of: ofMeta({ meta }), answers: [], stream: null, streamState: null },
})

const sessionOf = (id: string | null): string | null => (id === null ? null : id.slice(0, id.indexOf('.')))
