import {
  type AnyContract,
  type ClientParts,
  clientParts,
  type HistoryOptions,
  type HistoryPage,
  type Message,
  type MessageCursor,
  type Position,
  type Room,
  readMessages,
  type Untyped,
} from '@chat/core'

/** Log that a fold reads: that of a room, or of the inbox. */
export interface LogSource {
  readonly address: string
  readonly parts: ClientParts
  /** Opens a cursor for the messages after a position, or from now on. */
  open(since: Position | null): MessageCursor<Message>
  history(options: HistoryOptions): Promise<HistoryPage>
}

/** Returns the log of a room. */
export function roomSource<C extends AnyContract>(room: Room<C>): LogSource {
  const open = room as unknown as Room<Untyped>
  return {
    address: room.address,
    parts: clientParts(room),
    open: (since) =>
      readMessages(open, since === null ? {} : { since }) as MessageCursor as MessageCursor<Message>,
    history: (options) => open.history(options) as Promise<HistoryPage>,
  }
}
