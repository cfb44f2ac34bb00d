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
 * `event` tells it from a message, like it tells messages from each other, so that one `switch` narrows all
 * items; the names of an application's events never begin with `$`. For a client without a contract, `event` of
 * a message is any string, and `'reason' in item` narrows.
 */
export interface MessageGap extends Gap {
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
 * Cursor over the log of an address, as {@link readMessages} returns it: the messages in the order of the log,
 * each once, and a gap in the place of messages that the log no longer has. Messages that were redacted are left
 * out.
 *
 * At most 256 messages wait for a slow loop, and 256 of a page. When more come, the cursor reads them from the log
 * as the loop goes on, like those before the first message of `since`. Reading from the log needs the permission
 * `read`. The cursor waits for a log that is out of reach.
 *
 * The loop ends when the room is left or the client closed. It throws the `ChatError` of any other end, such as
 * a removal by the hub, or `forbidden` when it may not read from the log.
 */
export interface MessageCursor<M extends Message = Message> extends AsyncIterableIterator<M | MessageGap> {
  /** Ends the cursor, as `break` in its loop does. */
  return(): Promise<IteratorResult<M | MessageGap>>
  /**
   * Reads the `count` messages before the oldest that this cursor has returned, oldest first. Fewer are the
   * first that the log has. Calls at the same time continue each other.
   *
   * @throws UsageError when `count` is no whole number from 1.
   * @throws ChatError as {@link Client.history} does; the next call then reads the same messages.
   */
  older(count: number): Promise<M[]>
}
