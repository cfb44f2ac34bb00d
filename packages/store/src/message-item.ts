import type {
  AnyContract,
  ChatError,
  EventData,
  EventName,
  GapReason,
  Meta,
  Position,
  ReaderState,
  StreamData,
  StreamedCallName,
  StreamName,
  StreamReader,
} from '@chat/core'

/**
 * State of a message in a list: `waiting` to be written by this client, `written` without an answer so far, `stored`
 * in the log, `uncertain` when no answer tells if the log has it, or `refused`, which is final for this attempt.
 */
export type MessageState = 'waiting' | 'written' | 'stored' | 'uncertain' | 'refused'

/** Reaction to a message, with the users who have it. */
export interface Reaction {
  /** The reaction, such as an emoji. */
  readonly emoji: string
  /** Ids of the users, in the order in which they reacted. */
  readonly users: readonly string[]
  /** `true` when the user of this client is among them. */
  readonly mine: boolean
}

/** Fields of a {@link MessageItem} that do not depend on its event. */
export interface ItemFields {
  /** Key for a list. It stays while a message goes from `waiting` to `stored`. */
  readonly key: string
  /** Id of the message; `null` before it was written. */
  readonly id: string | null
  /** Position in the log; `null` before it is known. */
  readonly position: Position | null
  /** Time at which the log took the message, in milliseconds since 1970; `null` before it is known. */
  readonly time: number | null
  /** Id of the user who sent it; `null` for the hub, and for an own message before the client knows its user. */
  readonly from: string | null
  /** Public id of the session that sent it; `null` for the hub, and before it is known. */
  readonly session: string | null
  /** Facts about the message besides its data; `null` for none. */
  readonly meta: Meta | null
  /** `true` for a message of this client's user, on any device. */
  readonly mine: boolean
  /** State of the message. */
  readonly state: MessageState
  /** Error of a message that is `refused` or `uncertain`; `null` for all others. */
  readonly error: ChatError | null
  /** `true` when the data is that of a later edit. */
  readonly edited: boolean
  /**
   * Error of the newest `change` of this client, which was refused or of which no answer tells if the log has it;
   * `null` for none. The message is shown as the log has it.
   */
  readonly changeError: ChatError | null
  /** Reactions, in the order in which they came. */
  readonly reactions: readonly Reaction[]
  /** Id of the message that this message answers; `null` for none. */
  readonly of: string | null
  /** Ids of the answers that are in the list. */
  readonly answers: readonly string[]
  /** Reader of a stream, to cancel it; `null` for other messages, and before this client has it. */
  readonly stream: StreamReader | null
  /** State of a stream; `null` for other messages. */
  readonly streamState: ReaderState | null
}

/** Data of a message in a list; `null` once it was removed. */
export type ItemContent<Data> =
  | {
      /** `true` when the message was removed. */
      readonly removed: false
      /** Data of the event. Of a stream, everything so far. */
      readonly data: Data
    }
  | {
      /** `true` when the message was removed. */
      readonly removed: true
      /** `null`: the data is not shown any more. */
      readonly data: null
    }

/** Message in a list of `messages`. */
export type ItemOf<Event extends string, Data> = ItemFields & {
  /** Name of the event, or of the stream. */
  readonly event: Event
} & ItemContent<Data>

/** Names of the messages of a contract: of events and of streams. */
export type MessageName<C extends AnyContract> = EventName<C> | StreamName<C> | StreamedCallName<C>

/** Message in a list of `messages`: a union with a member for each event, which `event` tells apart. */
export type MessageItem<C extends AnyContract, K extends MessageName<C>> = {
  [E in K]: ItemOf<E, E extends StreamName<C> | StreamedCallName<C> ? StreamData<C, E> : EventData<C, E>>
}[K]

/** Missing messages in a list. `event` tells it from a message. */
export interface GapItem {
  /** Key for a list. */
  readonly key: string
  /** `$gap`, which is no name of a message. */
  readonly event: '$gap'
  /** Reason of the loss; `absent` also when this client may not read the log that has them. */
  readonly reason: GapReason
  /** Position before the gap; `null` when it is not known. */
  readonly from: Position | null
  /** Position after the gap; `null` when it is not known. */
  readonly to: Position | null
}

/** Messages of an address, for a screen. */
export interface MessagesSnapshot<Item = ItemOf<string, unknown>> {
  /** Messages in the order of the log, with gaps in their places, and then those on their way. */
  readonly items: readonly (Item | GapItem)[]
  /**
   * `loading` until the newest messages are there, `live` from then on, and `ended` when the room was refused, taken
   * away or left, or the client was closed.
   */
  readonly state: 'loading' | 'live' | 'ended'
  /** Reason of the end, or of a page of the past that could not be read; `null` for none. */
  readonly error: ChatError | null
  /** `true` when the log may have older messages. */
  readonly more: boolean
  /** `true` while older messages are being read. */
  readonly loadingOlder: boolean
}
