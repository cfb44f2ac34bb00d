import type { PartSource } from '../contract/part-source.ts'
import type { StreamPart } from '../contract/stream.ts'
import type { ChatError } from '../vocabulary/errors.ts'
import type { Meta } from '../vocabulary/meta.ts'
import type { EndState } from '../vocabulary/stream.ts'

/** Options of a stream that a client writes. */
export interface OpenStreamOptions<Part = StreamPart> {
  /** Beginning of the whole. Default: an empty text, or an empty list where the contract declares a list. */
  readonly start?: Part | undefined
  /** Facts about the stream besides its data. Default: none. */
  readonly meta?: Meta | undefined
  /** Aborts the signal of the writer, and so ends a {@link ClientStreamWriter.pipe} as `cancelled`. */
  readonly signal?: AbortSignal | undefined
}

/** End of a stream, as the client that writes it learns it. */
export interface ClientStreamEnd {
  /** State in which the stream has ended: its first end stands. */
  readonly state: EndState
  /** Error, for `failed`. */
  readonly error?: ChatError | undefined
}

/**
 * Writer of a stream of a client, as `openStream` returns it: a message that is long in the making, such as a
 * dictation.
 *
 * ```ts
 * const speech = await openStream(room, 'dictation')
 * await speech.pipe(recognize(microphone, { signal: speech.signal }))
 * ```
 *
 * The writing goes on across connections. A stream whose client is gone is ended by the hubs as `lost`, when the
 * session can no longer be resumed.
 */
export interface ClientStreamWriter<Part> {
  /** Id of the message that announces the stream. The result names it in its `meta.of`. */
  readonly id: string
  /** Address of the stream: `^id/parent`. */
  readonly address: string
  /** Name of the stream in the contract. */
  readonly event: string
  /**
   * Aborted when a reader cancels the stream, when the option `signal` is aborted, and when the stream has ended.
   * After a cancel the writer has five seconds to end the stream in its own way.
   */
  readonly signal: AbortSignal
  /**
   * Writes a part: a further piece of a text, or further items of a list. Resolves when the hub has stored it. While
   * a part is on its way, others wait and are joined into the next. The promise may be left alone.
   *
   * @throws ChatError `bad_payload` for a part of another kind, a text that cuts a character in two, or items that
   * the contract does not accept; `too_large` for a part above the size of a frame, and for a stream above 256 KiB;
   * `conflict` when the stream has ended, `not_found` when it is gone; `forbidden` when the permission was taken
   * back. The last four end the stream.
   * @throws UncertainError when there is no answer within a minute, or the session could not be resumed.
   */
  write(part: Part): Promise<void>
  /**
   * Ends the stream as `done` after all parts, and resolves when the hub has stored its result.
   *
   * @throws ChatError `conflict` when the stream has ended in another state; otherwise as `write`.
   */
  end(): Promise<void>
  /**
   * Ends the stream as `failed` after all parts. The readers get the code and message of a {@link ChatError}; any
   * other error is `internal` to them, and goes to the client's `$error`. Resolves also when the stream has ended
   * before.
   */
  fail(error: unknown): Promise<void>
  /** Ends the stream as `cancelled` after all parts. Resolves also when the stream has ended before. */
  cancel(): Promise<void>
  /**
   * Writes all parts of a source, and ends the stream: as `done` at the end of the source, as `failed` with an error
   * of the source or of a part, as `cancelled` when `signal` is aborted. A source that has not ended is told to stop.
   * Resolves with the end.
   *
   * @throws UsageError for a value that is no source.
   * @throws UncertainError when the hub does not answer, as for `write`.
   */
  pipe(source: PartSource<Part>): Promise<ClientStreamEnd>
}
