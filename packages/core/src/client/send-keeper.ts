import type { Operation } from './operation.ts'
import type { Outbox } from './outbox-types.ts'

/**
 * Outbox of a client, as the other parts of the client use it. It comes with the option `outbox`, so that a page
 * without one does not carry it.
 */
export interface SendKeeper extends Outbox {
  /** User whose messages it keeps; `null` while the user is not known. */
  readonly user: string | null
  /**
   * Keeps a send, and queues it.
   *
   * @throws ChatError `full` when it keeps as many messages as it may.
   */
  add(operation: Operation): void
  /** The hub has welcomed the client as this user. */
  welcomed(user: string): void
  /** All sends are about to be rejected, because the client ends or its user changes: keeps them all the same. */
  stop(): void
}
