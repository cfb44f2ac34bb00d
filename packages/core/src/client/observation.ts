import type { ErrorCode } from '../vocabulary/errors.ts'
import type { PresenceChange } from './presence.ts'
import type { SnapshotEvent } from './snapshot.ts'
import type { ClientStatus, Delivery, Gap } from './types.ts'

/**
 * Fact about the work of a client, which {@link ClientOptions.observe} is called with; `type` tells the facts
 * apart. Durations are in milliseconds.
 */
export type ClientObservation =
  /** A message or a cast, before its listeners. */
  | ({ readonly type: 'message' } & Delivery)
  /** Messages were lost, before the listeners of `$gap`. */
  | ({ readonly type: 'gap' } & Gap)
  /** An address continues from the application's own state, before the listeners of `$snapshot`. */
  | ({ readonly type: 'snapshot' } & SnapshotEvent)
  /** The members of a watched room have changed. */
  | ({ readonly type: 'presence' } & PresenceChange)
  /** The status has changed, before the listeners of `$status`. */
  | {
      readonly type: 'status'
      /** New status. */
      readonly status: ClientStatus
      /** Error that ended a connection; `undefined` without one. */
      readonly error?: Error | undefined
      /** Wait until the next attempt to connect; `undefined` without one. */
      readonly retryIn?: number | undefined
    }
  /** The promise of a send, a call or a page of history was settled. */
  | {
      readonly type: 'operation'
      /** Operation: `send`, `call` or `history`. */
      readonly operation: 'send' | 'call' | 'history'
      /** Address of a send or of a history; name of a call. */
      readonly subject: string
      /** Error of a promise that was rejected; `undefined` for a result. */
      readonly error?: unknown
      /** Time from the application's call to the answer, waits for a connection included. */
      readonly took: number
    }
  /** The hub's ask was answered, refused or given up. */
  | {
      readonly type: 'ask'
      /** Name of the ask. */
      readonly event: string
      /** Code of the refusal, or `cancelled` when the hub waits no more; `undefined` for an answer. */
      readonly code?: ErrorCode | undefined
      /** Time from the ask to its end. */
      readonly took: number
    }
