import type { AskFrame } from '../protocol/hub-frames.ts'

/**
 * Answers to the hub's asks, as the other parts of a client use them. They come with {@link handleAsk}, so that a
 * page that answers no asks does not carry them.
 */
export interface AskAnswers {
  /** Returns `true` for the name of an ask that has a handler. */
  has(ask: string): boolean
  /** Answers an ask with the result of its handler, or refuses it. */
  answer(frame: AskFrame): void
  /** The hub waits no more for an ask: aborts its signal, and drops its answer (P-CN-4). */
  cancel(ask: number | string): void
  /**
   * The connection has ended: aborts the signals of its asks, and drops their answers, because an answer goes to
   * the connection that carried the ask.
   */
  stop(reason: Error): void
  /** Removes all handlers. */
  clear(): void
}
