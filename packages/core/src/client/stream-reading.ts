import type { ChatError } from '../vocabulary/errors.ts'
import type { Message } from '../vocabulary/message.ts'
import type { Position } from '../vocabulary/position.ts'
import type { Delivery } from './types.ts'

/** Options of a call that the reading of streams looks at. */
export interface StreamedCallOptions {
  readonly timeout?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Subscription to the address of a stream's head. */
export interface StreamParent {
  readonly address: string
  readonly position: Position | null
}

/** Message that waits for a receiver, as an event, with the position before it. */
export type WaitingMessage = readonly [event: readonly ['message', Message], from: Position | null]

/**
 * Reading of streams, as the other parts of a client use it. It comes with the contract or an option, so that a
 * page without streams does not carry it.
 */
export interface StreamReading {
  /**
   * Takes a message of a stream's own log, a head or a result. Returns the message with the reader as its data,
   * `null` when it concerns no listener, and `undefined` for every other message.
   *
   * @throws ChatError `bad_payload` for a message that cannot belong to a stream.
   */
  accept(message: Delivery): Delivery | null | undefined
  /** Returns the messages that have told listeners of the streams of an address, for a further receiver. */
  underWay(parent: StreamParent): WaitingMessage[]
  /** Returns the reader for the answer to a call; `undefined` for an answer that is no stream. */
  answer(call: string, result: unknown): unknown
  /**
   * Calls the hub. A call that a stream answers resolves with the reader, also when the answer was lost with a
   * connection (P-SM-11).
   */
  call(call: string, input: unknown, options: StreamedCallOptions | undefined): Promise<unknown>
  /** Ends the readers of the streams of an address that the application has left. */
  left(parent: string): void
  /** Ends all readers. */
  end(error: ChatError): void
}
