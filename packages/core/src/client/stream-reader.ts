import type { StreamPart } from '../contract/stream.ts'
import type { Undo } from '../runtime/runtime.ts'
import type { ChatError } from '../vocabulary/errors.ts'
import type { Meta } from '../vocabulary/meta.ts'

/**
 * State of a stream, as its reader knows it: `open` while it is written; `done`, `cancelled` or `failed` as its
 * writer has ended it; `lost` when its writer is gone, or the stream is no longer kept; `left` when this client
 * reads it no more, because {@link StreamReader.leave} was called, its room was left or taken from the client, or
 * the client has ended.
 */
export type ReaderState = 'open' | 'done' | 'cancelled' | 'failed' | 'lost' | 'left'

/** Outcome of a stream, for {@link StreamReader.result}. */
export interface StreamResult<Part extends StreamPart = StreamPart> {
  /** State in which the stream has ended. */
  readonly state: Exclude<ReaderState, 'open'>
  /** The parts that this client has, joined. */
  readonly value: Part
  /**
   * `true` when `value` is everything that was written. `false` when the stream was left or lost, or is over 256
   * KiB and was not read while the hub kept it.
   */
  readonly complete: boolean
  /**
   * Reason that the writer gave for `failed`, which readers get who read the stream up to its end, or the reason for
   * `left`. `undefined` without a reason.
   */
  readonly error?: ChatError | undefined
}

/**
 * Reader of a stream: a message that arrives in parts while it is written. There is one reader for each stream,
 * when it begins, while it is under way, and when it has ended. The client joins a stream when the application
 * reads it: by a loop, by a look at `result`, or by `onChange`. Reading goes on across connections: no part is
 * missing and none comes twice.
 *
 * ```ts
 * room.on('answer', async (answer) => {
 *   for await (const part of answer) show(part)
 *   const { state } = await answer.result
 * })
 * ```
 *
 * A loop gets a first part with everything so far, and later what was added since. A slow loop gets parts joined,
 * and costs no memory. Each loop has a place of its own. Loops end with the stream, in every state, and throw
 * nothing.
 */
export interface StreamReader<Part extends StreamPart = StreamPart> extends AsyncIterable<Part> {
  /** Id of the message that announced the stream. */
  readonly id: string
  /** Address of the stream: `^id/parent`. */
  readonly address: string
  /** Name of the stream in the contract. */
  readonly event: string
  /** Id of the user in whose name it is written; `null` for the hub. */
  readonly from: string | null
  /** Facts about the stream besides its data; `null` while this client has seen only the answer to its call. */
  readonly meta: Meta | null
  /**
   * Time at which the stream began, in milliseconds since 1970, by the clock of the log; `null` while this client
   * has seen only the answer to its call.
   */
  readonly time: number | null
  /** Everything so far: a text, or an array of all items. The array is the same while no item was added. */
  readonly value: Part
  /** State of the stream. */
  readonly state: ReaderState
  /**
   * Number of times at which reading began again, because the hub could not continue: `value` is then empty, and
   * the next part of each loop is everything so far again.
   */
  readonly restarted: number
  /** Resolves when the stream has ended or was left. Never rejects. */
  readonly result: Promise<StreamResult<Part>>
  /**
   * Calls `listener` when `value`, `state` or `restarted` has changed. An error that it throws goes to the
   * client's `$error`. Returns the function that removes the listener.
   */
  onChange(listener: () => void): Undo
  /**
   * Asks the writer to end the stream. Resolves when the hub has accepted that; the stream then ends within
   * seconds, in the state that its writer chooses, else as `cancelled`. Resolves at once for a stream that has
   * ended.
   *
   * @throws ChatError `forbidden` when the policy of the hub forbids it.
   * @throws UncertainError when the connection is lost before the answer.
   */
  cancel(): Promise<void>
  /** Reads no more: the state becomes `left`, unless the stream has ended. The stream itself goes on. */
  leave(): void
}
