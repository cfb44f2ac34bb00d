import type { Meta } from './meta.ts'
import type { Position } from './position.ts'

/** Fields that a {@link Message} and a {@link Cast} share. */
export interface Received<Data, Event extends string = string> {
  /** Name of the event. */
  readonly event: Event
  /** Data of the event, as the contract's validator returns it. */
  readonly data: Data
  /** Address that the sender sent it to. */
  readonly address: string
  /** Id of the user who sent it, set by the hub alone; `null` for the hub itself. */
  readonly from: string | null
  /** Public id of the session that sent it; `null` for the hub itself. */
  readonly session: string | null
  /**
   * Facts about the message besides its data, as its sender claims them; `null` for none. Compare `from`
   * before you act on `meta.of`.
   */
  readonly meta: Meta | null
}

/** A durable message: it has a position in the log of its address. */
export interface Message<Data = unknown, Event extends string = string> extends Received<Data, Event> {
  /** `true`: the log has stored it. */
  readonly durable: true
  /** Id of the message, the same on every repetition. */
  readonly id: string
  /** Position of the message in the log of its address. */
  readonly position: Position
  /**
   * Time at which the log took the message, in milliseconds since 1970, by the clock of the log. The order of
   * messages is that of their positions.
   */
  readonly time: number
  /** `true` for a message with which an address has begun, by the option `last`. */
  readonly history?: true
}

/**
 * The event of a message that was redacted: its data is `null`, and it keeps its position, id, time and
 * sender.
 */
export const redactedEvent = '$redacted'

/** A message that was redacted, in a page of history. */
export type RedactedMessage = Message<null, '$redacted'>

/** The event of the last entry of a stream, which tells how the stream has ended (P-SM-6). */
export const endEvent = '$end'
