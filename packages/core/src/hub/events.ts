import type {
  AnyContract,
  EventData,
  EventName,
  OperationAnswer,
  OperationArgument,
  StreamData,
} from '../contract/contract.ts'
import type { StreamPart } from '../contract/stream.ts'
import type { MaybePromise } from '../runtime/maybe-promise.ts'
import type { Meta } from '../vocabulary/meta.ts'
import type { Position } from '../vocabulary/position.ts'
import type { User } from './options.ts'

/** A session: one client across its connections. */
export interface HubSession<U extends User = User> {
  /** The public id, which is never used again. `~id` is its address. */
  readonly id: string
  /** The user, as `authenticate` returned it. */
  readonly user: U
  /** The rooms that the session has joined. */
  readonly rooms: readonly string[]
  /** The network address of the client, as the transport knows it. */
  readonly remoteAddress: string
  /** The name of the connection's transport. */
  readonly transport: string
  /**
   * Closes the connection. The code decides whether the client comes back, see `CloseCode`. Default: 4513,
   * after which the client stops.
   *
   * @throws UsageError for a code that a connection cannot carry, or a reason that is not a text.
   */
  close(code?: number, reason?: string): void
}

/** Facts about a durable message, which a listener gets besides the data. */
export interface HubMessage<U extends User = User> {
  /** The event's name. */
  readonly event: string
  /** The address that the message was sent to. */
  readonly address: string
  /** The id of the user who sent it. */
  readonly from: string
  /** Facts about the message besides its data, as its sender claims them; `null` for none. */
  readonly meta: Meta | null
  /** Tells a durable message from a cast. */
  readonly durable: true
  /** Identifies the message; it is also the last element of `position`. */
  readonly id: string
  /** The position of the message in the log of its address. */
  readonly position: Position
  /** The time at which the log took the message, in milliseconds since 1970, by the clock of the log. */
  readonly time: number
  /** The user who sent it, as `authenticate` returned it. */
  readonly user: U
  /** The session that sent it. */
  readonly session: HubSession<U>
}

/**
 * Facts about the head or the result of a stream that a client writes, which a listener gets besides the data.
 * `meta.stream` is `true` in a head, whose data is the beginning; `meta.end` is the state of a result, whose data is
 * the whole, or `null` above 256 KiB.
 */
export interface HubStreamMessage<U extends User = User>
  extends Omit<HubMessage<U>, 'meta' | 'user' | 'session'> {
  /** Facts about the stream besides its data, as its sender claims them, with `stream` or with `of` and `end`. */
  readonly meta: Meta
  /** The user who writes it; `null` for a result that is stored where the writer is not connected. */
  readonly user: U | null
  /** The session that writes it; `null` where `user` is. */
  readonly session: HubSession<U> | null
}

/**
 * Facts about a cast, which a listener gets besides the data. A cast is not in the log, so it has no id and
 * no position.
 */
export interface HubCast<U extends User = User> {
  /** The event's name. */
  readonly event: string
  /** The address that the cast was sent to. */
  readonly address: string
  /** The id of the user who sent it. */
  readonly from: string
  /** Facts about the message besides its data, as its sender claims them; `null` for none. */
  readonly meta: Meta | null
  /** Tells a cast from a durable message. */
  readonly durable: false
  /** Always `null`. */
  readonly id: null
  /** Always `null`. */
  readonly position: null
  /** Always `null`. */
  readonly time: null
  /** The user who sent it, as `authenticate` returned it. */
  readonly user: U
  /** The session that sent it. */
  readonly session: HubSession<U>
}

/** A message or a cast of a client, as the hub's listeners get it; `durable` tells the two apart. */
export type HubDelivery<U extends User = User> = HubMessage<U> | HubCast<U>

/** Facts about a call, which a handler gets besides the input. */
export interface CallContext<U extends User = User> {
  /** The name of the call. */
  readonly event: string
  /** Facts about the call besides its input, as the client claims them; `null` for none. */
  readonly meta: Meta | null
  /** The user who calls, as `authenticate` returned it. */
  readonly user: U
  /** The session that calls. */
  readonly session: HubSession<U>
  /**
   * Aborted when the answer is no longer needed: the client has cancelled the call (a `ChatError` with the code
   * `cancelled`), the connection has ended, or the time is up. The outcome of the handler is then dropped.
   */
  readonly signal: AbortSignal
}

/**
 * The hub's own events. Their names start with `$`, which no name of an application can, so clients cannot
 * forge them.
 */
export interface HubEvents<U extends User = User> {
  /** A client has connected. `resumed` is true when it has resumed its session. */
  readonly $connect: { readonly session: HubSession<U>; readonly resumed: boolean }
  /** A connection has ended. The client may come back and resume its session. */
  readonly $disconnect: { readonly session: HubSession<U>; readonly code: number; readonly reason: string }
  /**
   * A session can no longer be resumed: its user is gone, unless another session of the user is connected. Use
   * it to send a push notification instead (`hub.to('@alice').sessions()` tells which sessions are connected).
   *
   * The node that held the session last emits it: {@link Timeouts.session} and about a second after the end of
   * the connection, also when the client has closed it, because the session could still be resumed; at once
   * after a kick. A session that is resumed in time, at any node, does not expire. A hub that closes hands the
   * sessions that it watches over to another node.
   *
   * It is emitted once, but it can get lost: with a node that has crashed, with the last node that closes, and
   * when more than 100 000 sessions wait to expire at one node. When notices between nodes are lost, it may be
   * emitted twice.
   *
   * Add the listener when the hub starts: a session that disconnects while there is none does not expire.
   */
  readonly $expire: { readonly session: { readonly id: string; readonly user: { readonly id: string } } }
  /** A session has joined a room. */
  readonly $join: { readonly session: HubSession<U>; readonly address: string }
  /**
   * A session has left a room, was removed from it, or its connection has ended. A resume joins the room
   * again.
   */
  readonly $leave: { readonly session: HubSession<U>; readonly address: string }
  /** An error that the hub has survived. Without a listener it goes to the console ({@link HubOptions.logErrors}). */
  readonly $error: HubError
}

/** The data of the hub's `$error` event. */
export interface HubError {
  /** The error itself. It may say more than the client gets. */
  readonly error: unknown
  /**
   * The origin: `protocol` for malformed frames, `handler` and `listener` for code of the application,
   * `policy` for `authenticate` and `authorize`, `backplane`, `transport`.
   */
  readonly source: 'protocol' | 'handler' | 'listener' | 'policy' | 'backplane' | 'transport'
  /** The id of the session, when the error belongs to one. */
  readonly session?: string | undefined
  /** The address, event, limit or option, when the error belongs to one. */
  readonly subject?: string | undefined
}

/** Listener of an event of the contract, for {@link Hub.on}. */
export type HubListener<C extends AnyContract, U extends User, K> = (
  data: EventData<C, K>,
  message: HubDelivery<U>,
) => unknown

/** Listener of a stream of the contract that clients write, for {@link Hub.on}. */
export type HubStreamListener<C extends AnyContract, U extends User, K> = (
  data: (string extends EventName<C> ? StreamPart : StreamData<C, K>) | null,
  message: HubStreamMessage<U>,
) => unknown

/** The handler that {@link Hub.handle} takes for a call. */
export type HubHandler<C extends AnyContract, U extends User, K> = (
  input: OperationArgument<C, 'calls', K>,
  context: CallContext<U>,
) => MaybePromise<OperationAnswer<C, 'calls', K>>
