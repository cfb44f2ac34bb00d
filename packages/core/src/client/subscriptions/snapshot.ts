import type { MaybePromise } from '../../runtime/maybe-promise.ts'
import type { Position } from '../../vocabulary/position.ts'
import type { Gap } from '../types.ts'

/** What a {@link SnapshotHook} is asked for. */
export interface SnapshotRequest {
  /** Whose state is wanted. */
  readonly address: string
  /** What was lost; `null` at first, when this client has no place in the stream yet. */
  readonly gap: Gap | null
  /** Aborted when nobody wants the answer any more: the room was left, or the client has ended. Lost connections do not abort it. */
  readonly signal: AbortSignal
}

/** The application's own state of an address. */
export interface Snapshot<State = unknown> {
  /** Whatever the application keeps; it is handed to `$snapshot` as it is. */
  readonly state: State
  /**
   * A lower bound: every message up to this one is in the state. Those behind it may be in it, too, and come all the same. What
   * {@link HubTarget.position} gave before the state was read is one.
   */
  readonly position: Position
}

/** A stream goes on from the application's own state: forget what you had, take this, and apply the messages that follow. */
export interface SnapshotEvent<State = unknown> extends Snapshot<State> {
  readonly address: string
}

/**
 * Gives the application's own state of an address that has no place to go on from: at first, and after each gap. Until its answer nothing of the
 * stream is delivered, for as long as it takes; casts are. When the hub can go on from its position, the state comes as `$snapshot`, and then every
 * message behind that position. A throw, an answer without a position, and a position from which the hub cannot go on are reported in `$error`, and the
 * hook is asked again, with growing patience. With `null` it has nothing to say: the stream goes on where it would without a hook.
 */
export type SnapshotHook<State = unknown> = (request: SnapshotRequest) => MaybePromise<Snapshot<State> | null>
