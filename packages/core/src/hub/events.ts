import type { AnyContract, EventData, OperationAnswer, OperationArgument } from '../contract/contract.ts'
import type { MaybePromise } from '../runtime/maybe-promise.ts'
import type { Position } from '../vocabulary/position.ts'
import type { User } from './options.ts'

/** One client, as the hub sees it: it outlives its connections. */
export interface HubSession<U extends User = User> {
  /** Public, never used again. `~id` is its address. */
  readonly id: string
  /** What `authenticate` answered. */
  readonly user: U
  /** The rooms it has joined. */
  readonly rooms: readonly string[]
  /** The peer's address, as the transport knows it. */
  readonly remoteAddress: string
  /** The name of the transport of its connection. */
  readonly transport: string
  /** Ends its connection. The code says whether the client comes back; see `CloseCode`. Default: 4513, it does not. */
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
  /** Tells a durable message from a cast. */
  readonly durable: true
  /** Identifies the message; it is also the last element of `position`. */
  readonly id: string
  /** The position of the message in the log of its address. */
  readonly position: Position
  /** The user who sent it, as `authenticate` returned it. */
  readonly user: U
  /** The session that sent it. */
  readonly session: HubSession<U>
}

/** Facts about a cast, which a listener gets besides the data. A cast is not in the log, so it has no id and no position. */
export interface HubCast<U extends User = User> {
  /** The event's name. */
  readonly event: string
  /** The address that the cast was sent to. */
  readonly address: string
  /** The id of the user who sent it. */
  readonly from: string
  /** Tells a cast from a durable message. */
  readonly durable: false
  /** Always `null`. */
  readonly id: null
  /** Always `null`. */
  readonly position: null
  /** The user who sent it, as `authenticate` returned it. */
  readonly user: U
  /** The session that sent it. */
  readonly session: HubSession<U>
}

/** A message or a cast of a client, as the hub's listeners get it; `durable` tells the two apart. */
export type HubDelivery<U extends User = User> = HubMessage<U> | HubCast<U>

/** What a call's handler is told besides the input. */
export interface CallContext<U extends User = User> {
  readonly event: string
  readonly user: U
  readonly session: HubSession<U>
  /** Aborted when nobody waits for the answer any more: the connection ended, or the time was up. */
  readonly signal: AbortSignal
}

/** The hub's own events; the names start with `$`, so that an application's can neither collide nor be forged over the wire. */
export interface HubEvents<U extends User = User> {
  /** A client has connected; `resumed` tells whether it was here before. */
  readonly $connect: { readonly session: HubSession<U>; readonly resumed: boolean }
  /** A connection has ended. The client may come back and resume its session. */
  readonly $disconnect: { readonly session: HubSession<U>; readonly code: number; readonly reason: string }
  /** A session receives a room from now on. */
  readonly $join: { readonly session: HubSession<U>; readonly address: string }
  /** A session receives a room no more: it left, was removed, or its connection ended (a resume joins again). */
  readonly $leave: { readonly session: HubSession<U>; readonly address: string }
  /** Something failed that the hub survived. */
  readonly $error: HubError
}

/** What the hub's `$error` event carries. */
export interface HubError {
  /** What was thrown, whole: it says more than the client is told. */
  readonly error: unknown
  /** Where: `protocol` for broken frames, `handler` and `listener` for the application's code, `policy` for `authenticate` and `authorize`, `backplane`. */
  readonly source: 'protocol' | 'handler' | 'listener' | 'policy' | 'backplane' | 'transport'
  /** The session it happened to, when there is one. */
  readonly session?: string | undefined
  /** The address or event it happened at, when there is one. */
  readonly subject?: string | undefined
}

/** The listener that {@link Hub.on} takes for a name: one of the hub's own events, or an event of the contract. */
export type HubListener<C extends AnyContract, U extends User, K> = K extends keyof HubEvents<U>
  ? (event: HubEvents<U>[K]) => unknown
  : (data: EventData<C, K>, message: HubDelivery<U>) => unknown

/** The handler that {@link Hub.handle} takes for a call. */
export type HubHandler<C extends AnyContract, U extends User, K> = (
  input: OperationArgument<C, 'calls', K>,
  context: CallContext<U>,
) => MaybePromise<OperationAnswer<C, 'calls', K>>
