import type { Message } from '../vocabulary/message.ts'
import type { Position } from '../vocabulary/position.ts'
import type { Gap } from './types.ts'

/** Options of {@link readMessages}. Give one of them, or none. */
export interface MessagesOptions {
  /**
   * Position to begin after: of a message, or the `to` of a gap. Default: the messages from now on.
   */
  readonly since?: Position | undefined
  /** Number of messages to begin with: the newest that the log has. Default: the messages from now on. */
  readonly last?: number | undefined
}

/**
 * Messages that the log no longer has, as an item of a {@link MessageCursor}.
 *
 * `event` tells a gap from a message, because it tells messages of different events apart too: one `switch`
 * narrows all items, and the name of an application's event never begins with `$`. For a client without a
 * contract, `event` of a message is any string; there `'reason' in item` narrows.
 */
export interface MessageGap extends Gap {
  /** `$gap`, which is no name of a message. */
  readonly event: '$gap'
  /** Position of the last message before the gap. */
  readonly from: Position
  /**
   * Position after the gap. Its id is `null`, because the log no longer has the message: only
   * {@link MessagesOptions.since} takes it.
   */
  readonly to: Position
}

/**
 * Cursor over the log of an address, as {@link readMessages} returns it: the messages in the order of the
 * log, each once, and a gap in the place of messages that the log no longer has. Messages that were redacted
 * are left out.
 *
 * At most 256 messages wait for a slow loop, and twice as many behind a page of the log. The cursor drops
 * further messages, and reads them from the log as the loop goes on. Reading from the log needs the permission
 * `read`. While the log is out of reach, the loop waits.
 *
 * The loop ends when the room is left or the client closed. It throws the `ChatError` of any other end, such
 * as a removal by the hub, or `forbidden` when the client may not read from the log.
 */
export interface MessageCursor<M extends Message = Message> extends AsyncIterableIterator<M | MessageGap> {
  /** Ends the cursor, as `break` in its loop does. */
  return(): Promise<IteratorResult<M | MessageGap>>
  /**
   * Reads the `count` messages before the oldest that this cursor has returned, oldest first. Returns fewer at
   * the beginning of the log, and none before it. Calls at the same time continue each other.
   *
   * @throws UsageError when `count` is no whole number from 1.
   * @throws ChatError as {@link Client.history} does, and `closed` when the cursor has ended. The next call
   * then reads the same messages.
   */
  older(count: number): Promise<M[]>
}
