import type { OptionNames } from './check-options.ts'
import type { Message } from './message.ts'

/** Page of the history of an address. */
export interface HistoryPage<M extends Message = Message> {
  /** Epoch of the log. */
  readonly epoch: string
  /** Offset of the last message that the log no longer keeps. */
  readonly base: number
  /** Offset of the newest message. */
  readonly top: number
  /**
   * Messages of the page, oldest first. A message that was redacted has the event `$redacted` and the data
   * `null`.
   */
  readonly messages: readonly M[]
  /**
   * `true` when the log has more messages in the direction of the page. A page of the hub with `more` has at least
   * one message.
   */
  readonly more: boolean
}

/**
 * Options of {@link Client.history} and {@link HubTarget.history}. `after` and `before` are offsets, exclusive; without both the page is
 * the newest.
 */
export interface HistoryOptions {
  /** Reads messages after this offset. */
  readonly after?: number | undefined
  /** Reads messages before this offset. */
  readonly before?: number | undefined
  /** Maximum number of messages. Default: 50, at most 1 000. */
  readonly limit?: number | undefined
  /** Stops the wait for the page when it aborts. */
  readonly signal?: AbortSignal | undefined
}

export const historyOptionNames: OptionNames<HistoryOptions> = {
  after: true,
  before: true,
  limit: true,
  signal: true,
}
