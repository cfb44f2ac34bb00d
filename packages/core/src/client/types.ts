import type {
  AnyContract,
  AskName,
  EventData,
  EventName,
  OperationAnswer,
  OperationArgument,
  Untyped,
} from '../contract/contract.ts'
import type { MaybePromise } from '../runtime/maybe-promise.ts'
import type { ChatError } from '../vocabulary/errors.ts'
import type { GapReason, Position } from '../vocabulary/position.ts'
import type { SnapshotEvent } from './subscriptions/snapshot.ts'

/** What a listener is told of a message besides its data. */
export interface Message<Data = unknown> {
  readonly event: string
  readonly data: Data
  readonly address: string
  /** The id of the user who sent it; `null` for the hub itself. Set by the hub alone. */
  readonly from: string | null
  /** `false` for a cast: volatile, not in the log, without a place and an id. */
  readonly durable: boolean
  /** Its place in the address's stream; 0 for a cast. */
  readonly at: number
  /** The message's id, the same on every repetition; for a cast, empty. */
  readonly id: string
  /** The session a cast came from, when a client sent it; else `null`. */
  readonly session: string | null
}

/** Messages of a stream were lost to this client: they are past what the log keeps, or the log itself was lost. */
export interface Gap {
  readonly address: string
  readonly reason: GapReason
  /** Where this client stood; `null` when it did not know. */
  readonly from: Position | null
  /** Where it goes on: everything in between is lost to it. */
  readonly to: Position
}

/**
 * Where a client stands. `connecting` → `connected` | `reconnecting` | `closed`; `connected` ↔ `reconnecting`; any → `closed`, which is
 * final.
 */
export type ClientStatus = 'connecting' | 'connected' | 'reconnecting' | 'closed'

/** What a client has ignored so far: frames that are counted, and have no other effect (P-FR-4, P-FR-10). */
export interface ClientCounters {
  /** Of a type that this version does not know. */
  unknownFrames: number
  /** Answers that nobody waited for. */
  strayAnswers: number
}

/** The client's own events. */
export interface ClientEvents {
  /** The status has changed. `error` says why a connection was lost, could not be made, or will not be made again. */
  readonly $status: { readonly status: ClientStatus; readonly error?: ChatError | undefined }
  /** Messages to `*` or `@me` were lost; a room's own gaps are its own event. */
  readonly $gap: Gap
  /** `*` or `@me` goes on from what {@link ClientOptions.snapshot} gave. Comes before any message behind it. */
  readonly $snapshot: SnapshotEvent
  /**
   * Something failed that the client survived. `subject` says where: `token`, `connect` (a further attempt), `protocol` (a broken frame), `user` (the
   * hub knows this client as another one now), `observe`, the event of a listener or an ask, the address of a room and `snapshot` for its hook, or the address and event of a message that does not fit the
   * contract.
   */
  readonly $error: { readonly error: unknown; readonly subject?: string | undefined }
}

/** A room's own events. */
export interface RoomEvents<State = unknown> {
  /** Messages of this room were lost. Comes before any later message. */
  readonly $gap: Gap
  /** The room goes on from what its {@link JoinOptions.snapshot} gave. Comes before any message behind it. */
  readonly $snapshot: SnapshotEvent<State>
  /** The hub refuses the room, or has removed this client from it, or the client has ended: nothing of the room comes afterwards. */
  readonly $leave: { readonly address: string; readonly error: ChatError }
}

/** What the one who answers an ask is told besides the input. */
export interface AskContext {
  readonly event: string
  /** Aborted when the connection that carried the ask ends: nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/** What {@link Client.on} takes for a name. */
export type ClientListener<C extends AnyContract, K> = K extends keyof ClientEvents
  ? (event: ClientEvents[K]) => unknown
  : Untyped extends C
    ? (data: unknown, message: Message & AskContext) => unknown
    : K extends AskName<C>
      ? (
          input: OperationArgument<C, 'asks', K>,
          context: AskContext,
        ) => MaybePromise<OperationAnswer<C, 'asks', K>>
      : K extends EventName<C>
        ? (data: EventData<C, K>, message: Message<EventData<C, K>>) => unknown
        : never

/** What {@link Room.on} takes for a name. */
export type RoomListener<C extends AnyContract, K, State = unknown> = K extends keyof RoomEvents
  ? (event: RoomEvents<State>[K]) => unknown
  : K extends EventName<C>
    ? (data: EventData<C, K>, message: Message<EventData<C, K>>) => unknown
    : never
