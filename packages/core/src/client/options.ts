import type { AnyContract, Untyped } from '../contract/contract.ts'
import type { MaybePromise } from '../runtime/maybe-promise.ts'
import type { Runtime, Undo } from '../runtime/runtime.ts'
import type { Dialer } from '../transport/connection.ts'
import type { Position } from '../vocabulary/position.ts'
import type { SnapshotEvent, SnapshotHook } from './subscriptions/snapshot.ts'
import type { PresenceChange } from './subscriptions/watch-presence.ts'
import type { Gap, Message } from './types.ts'

/** A token, or what fetches one: called before each connection, and when the one in use is about to expire. */
export type Token = string | null | (() => MaybePromise<string | null>)

/** What the surroundings tell a client, where they know: a browser does. */
export interface ConnectionHints {
  /** A connection may succeed now: do not wait any longer. */
  wake(): void
  /** The connection may be dead without having said so: find out. */
  check(): void
  /** There is a better way to the hub now: connect anew, and leave the present connection when that is done. */
  move(): void
}

/** How a room is joined. */
export interface JoinOptions<State = unknown> {
  /**
   * Gives the application's own state where there is no place to go on from: at first, and after each gap. It is the room's: given with the first handle, it stays
   * until the last has left. Default: none, the room goes on behind a gap.
   */
  readonly snapshot?: SnapshotHook<State> | undefined
  /** What this client says of itself, to those who are in the room, where the hub has presence. Default: `null`. */
  readonly state?: unknown
}

/** How a {@link Client} is set up. */
export interface ClientOptions<C extends AnyContract = Untyped> {
  /** Makes connections; a transport's `dial`. */
  readonly dial: Dialer
  /** Validators for everything that passes. Default: none; types alone come from the type parameter. */
  readonly contract?: C
  /** Who this client is. Default: nobody, `null`. */
  readonly token?: Token
  /** Places to go on from, as {@link @chat/core!index.Client.positions | positions} gave them before a reload. Default: from now on. */
  readonly positions?: Readonly<Record<string, Position>>
  /** From dialling to the `welcome`, in milliseconds. Default: 10 000. */
  readonly connectTimeout?: number
  /** For the answer to a `request`, in milliseconds. Default: 30 000. */
  readonly callTimeout?: number
  /** How many operations may wait for a connection; one more is rejected as `full`. Default: 1 000. */
  readonly maxQueued?: number
  /**
   * Gives the application's own state of what comes without asking, `*` and the own inbox, where there is no place to go on from; rooms have theirs in
   * {@link JoinOptions.snapshot}. Default: none.
   */
  readonly snapshot?: SnapshotHook
  /**
   * Called with every message, gap and snapshot of every address, and every change of who is shown to be somewhere, before its listeners: for logs and tests. What
   * it throws goes to `$error`.
   */
  readonly observe?: (seen: Message | Gap | SnapshotEvent | PresenceChange) => void
  /** Listens to the surroundings; the undo stops it. For transports. */
  readonly environment?: (client: ConnectionHints) => Undo
  /** Clock, timers, randomness. Default: the platform's. For tests. */
  readonly runtime?: Runtime
}
