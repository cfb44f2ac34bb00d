import type { AnyContract, Untyped } from '../contract/contract.ts'
import type { OpenReaders } from '../contract/stream.ts'
import type { MaybePromise } from '../runtime/maybe-promise.ts'
import type { Runtime, Undo } from '../runtime/runtime.ts'
import type { Dialer } from '../transport/connection.ts'
import type { Meta } from '../vocabulary/meta.ts'
import type { Position } from '../vocabulary/position.ts'
import type { ClientObservation } from './observation.ts'
import type { Outbox } from './outbox-types.ts'
import type { PositionSource } from './position-storage.ts'
import type { SnapshotSource } from './snapshot.ts'

/**
 * Token of the user, `null` for none, or a function that fetches it. The client calls the function before
 * each connection, and when the present token is about to expire.
 */
export type Token = string | null | (() => MaybePromise<string | null>)

/** Hints of the environment to a client, such as a page that comes back online. */
export interface ConnectionHints {
  /** Ends the wait for the next attempt: a connection may succeed now. */
  wake(): void
  /** Checks at once that the connection is alive. */
  check(): void
  /**
   * Connects anew, and leaves the present connection when the new connection is welcomed: there is a better
   * path to the hub now.
   */
  move(): void
  /**
   * Tells that the platform has a network again, or has none. Without one the status is `offline` at once,
   * until a connection proves the contrary.
   */
  online(online: boolean): void
}

/**
 * Options of {@link Client.join}. `State` is the state of the snapshot hook, and `Shown` the presence state of the
 * contract.
 */
export interface JoinOptions<State = unknown, Shown = unknown> {
  /**
   * Restores the room from the application's own state when there is no position to continue from: at the start,
   * and after each gap. Give `restoreFrom(hook)`. The hook belongs to the room: give it with the first handle; it
   * stays until the last handle has left. Default: none, the room continues after a gap.
   */
  readonly snapshot?: SnapshotSource<State> | undefined
  /**
   * Presence state of this client, shown to the members of the room when the hub has presence. A client has one
   * state in a room: that of a later handle replaces it for all handles. Default: `null`, or the state that the
   * client has in the room.
   */
  readonly state?: Shown | undefined
  /**
   * Number of messages, 1 to 1 000. A client without a position begins with the newest messages of the room, which
   * have `history: true`, and no message is missing between them and those that follow. Needs the permission to
   * read the history; without it, the refusal is the client's `$error`, and the room begins with new messages. Give
   * it with the first handle of the room, and no snapshot hook. Default: none.
   */
  readonly last?: number | undefined
  /**
   * Position to continue from when the client has none, such as that of the messages that a server has read for the
   * page. Give it with the first handle of the room. Default: none, the room begins with new messages.
   */
  readonly since?: Position | undefined
}

/** Options of {@link Client.call}. */
export interface CallOptions {
  /** Maximum time until the answer, in milliseconds. Default: `callTimeout` of the client. */
  readonly timeout?: number | undefined
  /**
   * Allows the client to repeat the call after a reconnect, because running it twice does no harm. Default:
   * `false`, a lost connection makes the call uncertain.
   */
  readonly idempotent?: boolean | undefined
  /**
   * Cancels the call when it aborts: the promise rejects at once with the reason of the signal, the `signal` of
   * the hub's handler is aborted, and the call is not repeated. The handler may have done its work already.
   */
  readonly signal?: AbortSignal | undefined
  /** Facts about the call besides its input, for the hub's handler. Default: none. */
  readonly meta?: Meta | undefined
}

/** Options of {@link ClientTarget.send}. */
export interface SendOptions {
  readonly signal?: AbortSignal | undefined
  readonly meta?: Meta | undefined
  readonly onId?: ((id: string) => void) | undefined
}

/** Options of {@link ClientTarget.cast}. */
export interface CastOptions {
  readonly key?: string | undefined
  readonly meta?: Meta | undefined
}

/** Options of a {@link Client}. */
export interface ClientOptions<C extends AnyContract = Untyped> {
  /** Makes connections: the `dial` of a transport. */
  readonly dial: Dialer
  /**
   * Validators for all data that the client sends and receives. Default: none; a type parameter alone gives
   * types without validators.
   */
  readonly contract?: C | undefined
  /**
   * Reads streams with a contract of types alone: give `readStreams`. A contract with validators needs no option.
   * Default: none, a page without streams does not carry their code.
   */
  readonly streams?: OpenReaders | undefined
  /** Identifies the user to the hub's `authenticate`. Default: `null`. */
  readonly token?: Token | undefined
  /**
   * Positions to continue from, as {@link @chat/core!index.Client.positions | positions} returned them before
   * a reload. Malformed positions are skipped, because they come from the application's storage. Or
   * `keepPositions` with a storage, which the client reads and writes by itself. Default: none, the client
   * receives new messages only.
   */
  readonly positions?: Readonly<Record<string, Position>> | PositionSource | undefined
  /** Maximum time from dialling to the hub's `welcome`, in milliseconds. Default: 10 000. */
  readonly connectTimeout?: number | undefined
  /** Maximum time until the answer to a `call` or `history`, in milliseconds. Default: 30 000. */
  readonly callTimeout?: number | undefined
  /**
   * Maximum number of operations that wait for a connection; another operation is rejected as `full`.
   * Default: 1 000.
   */
  readonly maxQueued?: number | undefined
  /**
   * Restores `*` and the user's inbox from the application's own state when there is no position to continue from.
   * Give `restoreFrom(hook)`. Rooms have {@link JoinOptions.snapshot}. Default: none.
   */
  readonly snapshot?: SnapshotSource | undefined
  /**
   * Tells if messages to `*` and to this client's user wait for the first listener of a message. With `false`,
   * messages that arrive before are dropped, and the positions move past them. With `{ last }`, a client without a
   * position begins with the newest messages to its user, as with {@link JoinOptions.last}. Default: `true`.
   */
  readonly inbox?: boolean | { readonly last: number } | undefined
  /**
   * Keeps messages until they are stored, also across a reload: give an {@link Outbox}, such as
   * `indexedDbOutbox('app')` of `@chat/browser/outbox`. Default: none, messages that are not stored are lost with the
   * page.
   */
  readonly outbox?: Outbox | undefined
  /**
   * Called with every fact about the work of this client, for logs, metrics and tests: see
   * {@link ClientObservation}. It sees a message, gap or snapshot before its listeners. When it throws or rejects,
   * the client goes on and reports the error in `$error`, with the subject `observe`. Default: none. It is no
   * listener: messages that wait for one stay, and so do their positions.
   */
  readonly observe?: ((seen: ClientObservation) => unknown) | undefined
  /**
   * Called once with the client's hints; the returned function is called when the client closes. For
   * transports. Default: none.
   */
  readonly environment?: ((client: ConnectionHints) => Undo) | undefined
  /**
   * Writes errors to the console while `$error` has no listener, each once for its source, except for attempts
   * to connect. `false` turns it off. Default: `true`.
   */
  readonly logErrors?: boolean | undefined
  /** Clock, timers and randomness. Default: those of the platform. For tests. */
  readonly runtime?: Runtime | undefined
}

/**
 * Options of a client that a transport's `connect` takes too: all but those with which the transport itself
 * connects.
 */
export type SharedClientOptions<C extends AnyContract = Untyped> = Omit<
  ClientOptions<C>,
  'dial' | 'environment'
>
