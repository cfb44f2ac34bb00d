/** Fate of an operation when its connection is lost before the answer. */
export type Repeat =
  /** A send: it is repeated, and the hub recognises the repetition. */
  | 'same-ref'
  /** A call: it may have run, so it is uncertain. */
  | 'never'
  /** A read, or an idempotent call: it is repeated, because running it twice does no harm. */
  | 'harmless'
  /** A join, a leave or a cancel: it concerns its connection only, and is dropped. */
  | 'bound'

/** Operation that waits to be written, or for its answer. */
export interface Operation {
  readonly repeat: Repeat
  /** `true` for sends and calls, which have a window of their own (P-PB-6). Default: `false`. */
  readonly publishes?: boolean
  /** `true` when the hub does not count it toward the rate. Default: `false`. */
  readonly free?: boolean
  /** Address of a send: sends to the same address are stored in the order of the calls (P-PB-4). */
  readonly address?: string
  /** Signal with which the application gives the operation up. */
  readonly signal?: AbortSignal | undefined
  /**
   * Maximum time until the answer, in milliseconds; without it the operation waits as long as it is repeated.
   */
  readonly timeout?: number
  /** Elements of a send's frame after its ref, as JSON text: for an outbox. */
  readonly body?: string
  /** Place among the operations of the application. Default: behind those before it. */
  readonly order?: number
  /**
   * Returns the ref of a send before its first write, or again after a refusal for a limit: 0 while it must wait,
   * `undefined` for the next ref. For an outbox, which saves the ref before the frame is written.
   */
  claim?(): number | undefined
  /** Returns the frame of the operation with its ref. */
  frame(ref: number): string
  /** Called with the result of the hub's `ok`. */
  resolve?(result: unknown): void
  /** Called with the error of the hub's `err` or of this client, or with the reason of the signal. */
  reject?(error: unknown): void
}
