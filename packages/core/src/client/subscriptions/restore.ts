import type { Message } from '../../vocabulary/message.ts'
import type { Position } from '../../vocabulary/position.ts'
import type { ClientContext } from '../context.ts'
import type { Operations } from '../operations/operations.ts'
import type { SnapshotEvent } from '../snapshot.ts'
import type { Gap } from '../types.ts'

/** Subscription, as its {@link Restore} uses it. */
export interface RestoredSubscription {
  readonly address: string
  readonly context: ClientContext
  readonly operations: Operations
  /** Joins with the position of the restore, which is known now. */
  rejoin(): void
  /** Continues after a position, without a state. */
  continueAfter(position: Position): void
  /** Delivers a message, if the contract allows it. `from` is the position before it. */
  deliver(message: Message, from: Position | null): void
  /** Delivers a snapshot, which has the given position. */
  tell(event: readonly ['snapshot', SnapshotEvent], position: Position): void
}

/**
 * Restore of an address that has no position to continue from: finds a state, and the position up to which the state
 * is complete. No message is delivered until the hub continues from there. Goes on across connections.
 */
export interface Restore {
  /** Position to continue from; `null` while it is not known. */
  readonly position: Position | null
  /** Begins, after the application was told of the gap. */
  start(): void
  /** The hub cannot continue from the position. */
  refused(gap: Gap): void
  /** The hub continues after the position, here as the hub knows it. */
  accepted(position: Position): void
  /** The state is no longer needed. */
  end(): void
}

/**
 * Opens a restore, at first or after a gap. `next` is the position to continue from when there is no state. Returns
 * `null` when nothing is to be restored.
 */
export type OpenRestore = (
  subscription: RestoredSubscription,
  gap: Gap | null,
  next: Position,
) => Restore | null
