import type {
  AnyContract,
  EventData,
  OperationAnswer,
  OperationArgument,
  OperationResult,
  StreamData,
  StreamedCallName,
  StreamName,
} from '../contract/contract.ts'
import type { ContractMessage } from '../contract/contract-message.ts'
import type { Streamed, StreamPart } from '../contract/stream.ts'
import type { MaybePromise } from '../runtime/maybe-promise.ts'
import type { ChatError } from '../vocabulary/errors.ts'
import type { Message } from '../vocabulary/message.ts'
import type { Meta } from '../vocabulary/meta.ts'
import type { SnapshotEvent } from './snapshot.ts'
import type { StreamReader } from './stream-reader.ts'
import type { ClientStatus, Delivery, Gap } from './types.ts'

/** Own events of a client. */
export interface ClientEvents {
  /**
   * The status has changed. `error` tells why a connection was lost, could not be made, or will not be made
   * again. `retryIn` is the wait until the next attempt, in milliseconds. A further attempt that fails is in
   * `$error`, and no change of status; {@link Client.retryIn} then tells the next wait.
   */
  readonly $status: {
    readonly status: ClientStatus
    readonly error?: ChatError | undefined
    readonly retryIn?: number | undefined
  }
  /** Messages to `*` or to the user were lost. A room has its own `$gap`. */
  readonly $gap: Gap
  /**
   * `*` or the user's inbox continues from the state that {@link ClientOptions.snapshot} returned. Comes
   * before any later message.
   */
  readonly $snapshot: SnapshotEvent
  /**
   * An operation failed, and the client continues. `subject` tells where: `token`, `connect` (a further
   * attempt), `protocol` (a malformed frame), `user` (the hub now knows this client as another user),
   * `observe`, the event of a listener or an ask, the address of a room (with `snapshot` for its hook, with
   * `presence` for its `onChange`), or the address and event of a message that does not fit the contract.
   */
  readonly $error: { readonly error: unknown; readonly subject?: string | undefined }
}

/** Own events of a room. */
export interface RoomEvents<State = unknown> {
  /** Messages of the room were lost. Comes before any later message. */
  readonly $gap: Gap
  /**
   * The room continues from the state that its {@link JoinOptions.snapshot} returned. Comes before any later
   * message.
   */
  readonly $snapshot: SnapshotEvent<State>
  /**
   * The hub refuses the room or has removed this client from it, or the client has ended. No event of the
   * room follows.
   */
  readonly $leave: { readonly address: string; readonly error: ChatError }
}

/** Second argument of an ask's handler. */
export interface AskContext {
  /** Name of the ask. */
  readonly event: string
  /** Facts about the ask besides its input, as the hub gave them; `null` for none. */
  readonly meta: Meta | null
  /**
   * Aborted when the hub no longer waits for the answer: another session was first, the time is up, or the
   * connection that carried the ask has ended. Close a dialog then. The result of the handler is dropped, and so
   * is its error.
   */
  readonly signal: AbortSignal
}

/** Result of {@link Client.call}: the output of the call, or the reader of the stream that answers it. */
export type CallResult<C extends AnyContract, K> =
  OperationResult<C, 'calls', K> extends Streamed<infer Part>
    ? StreamReader<Part>
    : OperationResult<C, 'calls', K>

/** Message of a stream, as a client reads it: its data is the reader of the stream. */
export type StreamMessage<C extends AnyContract> = {
  [K in StreamName<C> | StreamedCallName<C>]: Message<StreamReader<StreamData<C, K>>, K>
}[StreamName<C> | StreamedCallName<C>]

/** Durable message as a client reads it: a union with a member for each event and each stream of the contract. */
export type ClientMessage<C extends AnyContract> = ContractMessage<C> | StreamMessage<C>

/** Function that answers an ask, for {@link handleAsk}. */
export type AskHandler<C extends AnyContract, K> = (
  input: OperationArgument<C, 'asks', K>,
  context: AskContext,
) => MaybePromise<OperationAnswer<C, 'asks', K>>

/**
 * Listener of a stream, called once for each stream: with its head, or with its result when this client has not
 * seen the head. `message` is that message.
 */
export type StreamListener<Part extends StreamPart> = (
  reader: StreamReader<Part>,
  message: Message<StreamReader<Part>>,
) => unknown

/**
 * Listener of an event of the contract, for {@link Client.on} and {@link Room.on}. Use it in functions of your own
 * that pass a listener on:
 *
 * ```ts
 * function useEvent<C extends AnyContract, K extends EventName<C>>(
 *   client: Client<C>,
 *   event: K,
 *   listener: ClientListener<C, K>,
 * ) {
 *   useEffect(() => client.on(event, listener), [client, event, listener])
 * }
 * ```
 */
export type ClientListener<C extends AnyContract, K> = (
  data: EventData<C, K>,
  delivery: Delivery<EventData<C, K>>,
) => unknown
