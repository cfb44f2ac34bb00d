import type { MaybePromise } from '../runtime/maybe-promise.ts'
import type { Position } from '../vocabulary/position.ts'
import type { Gap } from './types.ts'

/** Request to a {@link SnapshotHook}. */
export interface SnapshotRequest {
  /** Address whose state is needed. */
  readonly address: string
  /** Messages that were lost; `null` for the first request, while this client has no position in the log. */
  readonly gap: Gap | null
  /**
   * Aborted when the answer is no longer needed, because the room was left or the client has ended. A lost
   * connection does not abort it.
   */
  readonly signal: AbortSignal
}

/**
 * The application's own state of an address, with the position in its log up to which the state is complete.
 */
export interface Snapshot<State = unknown> {
  /** State of the application; `$snapshot` gets the same object. */
  readonly state: State
  /**
   * Lower bound: the state contains every message up to this position. It may contain later messages too; the
   * client receives those all the same. {@link HubTarget.position}, read before the state, is such a
   * position.
   */
  readonly position: Position
}

/**
 * Event of a client that continues from the application's own state: replace the old state, then apply the
 * messages that follow.
 */
export interface SnapshotEvent<State = unknown> extends Snapshot<State> {
  /** Address of the state. */
  readonly address: string
}

/**
 * Returns the application's own state of an address when this client has no position to continue from: at the
 * start, and after each gap. Until the hook has answered, the client delivers casts of the address and no
 * messages.
 *
 * When the hub can continue from the returned position, the state arrives as `$snapshot`, followed by every
 * message after that position. When the log does not know the position, the client calls the hook again at
 * once. After a second unknown position, such as one that was saved before the restart of a hub with a log in
 * memory, follows every message of the log, and if the log has lost its first messages, every message after the
 * call of the hook.
 *
 * The client reports a hook that throws, returns no position, or returns a position behind which the log has
 * lost messages, in `$error`; it then calls the hook again, with growing delays.
 * After `null` the client continues as it would without a hook.
 */
export type SnapshotHook<State = unknown> = (request: SnapshotRequest) => MaybePromise<Snapshot<State> | null>

/**
 * Source of snapshots, as {@link restoreFrom} makes it. It brings the code that restores an address, so that a page
 * without snapshots does not carry it.
 */
export interface SnapshotSource<State = unknown> {
  /** Hook that returns the state. */
  readonly hook: SnapshotHook<State>
  /** Starts a restore. Only the client knows the types. */
  readonly open: (subscription: never, gap: Gap | null, end: Position) => object | null
}
