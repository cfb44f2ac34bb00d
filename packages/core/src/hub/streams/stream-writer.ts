import type { PartSource } from '../../contract/part-source.ts'
import type { Stored } from '../../vocabulary/position.ts'
import type { StreamEnd } from './stream-ends.ts'

// This file is part of the published types; in an internal file the declaration would be missing from them.
declare global {
  /** Merges with the interface of the platform, which may not know `asyncDispose` yet. */
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol
  }
}

/**
 * Writes a stream: a message that is long in the making, such as the answer of a language model. Its readers get
 * each part as soon as it is stored, and later readers the whole so far.
 *
 * ```ts
 * const answer = await hub.to('#chat:7').stream('answer')
 * await answer.pipe(llm(text, { signal: answer.signal }))
 * ```
 *
 * A stream ends once, in one of the states of {@link StreamEnd}. A reader may cancel it: `signal` is then
 * aborted, and the writer has five seconds to end it in its own way.
 */
export interface StreamWriter<Part> {
  /** The id of the message that announces the stream. The result names it in its `meta.of`. */
  readonly id: string
  /** The address of the stream, `^id/#room`: with it a client reads the stream, and cancels it. */
  readonly address: string
  /** The event's name. */
  readonly event: string
  /**
   * Aborted when a reader cancels the stream, when the option `signal` is aborted, when the hub closes, and
   * when the stream has ended.
   */
  readonly signal: AbortSignal
  /**
   * Writes a part: a further piece of a text, or further items of a list. Resolves when the part is stored.
   * While an append is under way, parts wait and are joined into the next, so a fast source need not wait for
   * each part. The promise may be left alone.
   *
   * @throws ChatError `bad_payload` for a part of another kind, a text that cuts a character in two, or items
   * that the contract does not accept; `too_large` above the bytes of the stream ({@link HubOptions.streams})
   * or 300 KiB; `conflict` when the stream has ended, `not_found` when it is gone.
   * @throws UncertainError when the hub is closed before the log has answered.
   */
  write(part: Part): Promise<void>
  /**
   * Ends the stream as `done` after all parts. Resolves with the place of its result: a message to the same
   * address with the whole, or with `null` above 256 KiB.
   *
   * @throws ChatError `conflict` when the stream has ended in another state, `not_found` when it is gone.
   * @throws UncertainError when the hub is closed before the log has answered.
   */
  end(): Promise<Stored>
  /**
   * Ends the stream as `failed` after all parts. The readers get the code and message of a {@link ChatError};
   * any other error is `internal` to them, and the hub reports it in `$error`. Resolves when the result is
   * stored, also when the stream has ended before.
   *
   * @throws UncertainError when the hub is closed before the log has answered.
   */
  fail(error: unknown): Promise<void>
  /**
   * Ends the stream as `cancelled` after all parts. Resolves when the result is stored, also when the stream has
   * ended before.
   *
   * @throws UncertainError when the hub is closed before the log has answered.
   */
  cancel(): Promise<void>
  /**
   * Writes all parts of a source, and ends the stream: as `done` at the end of the source, as `failed` with an
   * error of the source or of a part, as `cancelled` when `signal` is aborted. A source that has not ended is
   * told to stop. The source is read no faster than the log stores its parts, up to 64 KiB ahead. Resolves with
   * the end.
   *
   * @throws UsageError for a value that is no source.
   * @throws UncertainError when the hub is closed before the log has answered.
   */
  pipe(source: PartSource<Part>): Promise<StreamEnd>
  /** Ends a stream that is still open as `cancelled`: `await using` leaves no stream open. */
  [Symbol.asyncDispose](): Promise<void>
}
