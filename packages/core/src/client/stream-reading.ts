import type { ChatError } from '../vocabulary/errors.ts'
import type { Message } from '../vocabulary/message.ts'
import type { Delivery } from './types.ts'

/** Call of the hub that a stream answers. */
export interface StreamedCall {
  /** Maximum time until the answer, in milliseconds. */
  readonly timeout: number
  readonly signal: AbortSignal | undefined
  /** Starts the call. `written` is called with its ref each time that it is written. */
  start(written: (ref: number) => void): Promise<unknown>
}

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
  /** Returns the messages that have told listeners of the streams of an address that are under way. */
  underWay(address: string): readonly Message[]
  /** Returns the reader for the answer to a call; `undefined` for an answer that is no stream. */
  answer(call: string, result: unknown): unknown
  /** Calls the hub, and resolves with the reader, also when the answer was lost with a connection (P-SM-11). */
  call(call: StreamedCall): Promise<unknown>
  /** Ends the readers of the streams of an address, or all of them. */
  end(error: ChatError, parent?: string): void
}
