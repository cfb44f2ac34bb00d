import type {
  AnyContract,
  Client,
  ClientOptions,
  ClientStatus,
  Delivery,
  Gap,
  Hub,
  HubOptions,
  Runtime,
  Token,
  Untyped,
  User,
} from '@chat/core'
import type { AnyHub } from '../faults/any-hub.ts'
import type { Fault } from '../faults/faults.ts'
import type { WorldBackplane } from '../faults/world-backplane.ts'
import type { WorldLink } from '../faults/world-link.ts'
import type { Duration } from '../time/duration.ts'

/** A client of a world, with any contract. */
export type AnyClient = Pick<Client, 'close' | 'status'>

/** Hubs and clients under one virtual clock. Made by {@link world} and {@link explore}. */
export interface World {
  /** Integer from which all randomness of the world follows. */
  readonly seed: number
  /** Milliseconds of virtual time since the start. */
  readonly now: number
  /** Backplane that the hubs share. */
  readonly backplane: WorldBackplane
  /** Hash of all events so far: the same seed gives the same hash. */
  readonly hash: string
  /**
   * Starts a hub. All hubs of a world share one backplane. `setup` is called with the hub at once, and with
   * each later incarnation after a crash; it adds the listeners.
   */
  hub<C extends AnyContract = Untyped, U extends User = User>(
    options?: HubOptions<C, U>,
    setup?: (hub: Hub<C, U>) => void,
  ): Hub<C, U>
  /**
   * Makes a client, and resolves when it is connected. Given several hubs, it connects to the next of them
   * each time. The hub's `authenticate` gets the `token`.
   *
   * @throws ChatError when the hub refuses the client for good.
   */
  client<C extends AnyContract = Untyped, U extends User = User>(
    hub: Hub<C, U> | readonly Hub<C, U>[],
    token: Token,
    options?: Partial<Omit<ClientOptions<C>, 'token'>>,
  ): Promise<Client<C>>
  /** Returns the network link between a client and its hubs. */
  link(client: AnyClient): WorldLink
  /**
   * Ends a hub as a crash does: pending work is lost, and clients get no close frame.
   *
   * @param options - `seen`: delay until the clients notice the reset, or `null` for never; default: at once.
   *   `restart`: delay until the hub starts again, as a new incarnation of the same name; default: the hub
   *   stays down.
   */
  crash(
    hub: AnyHub,
    options?: { readonly restart?: Duration | undefined; readonly seen?: Duration | null | undefined },
  ): void
  /** Blocks the event loop of a hub: its callbacks run late, after the pause. */
  pause(hub: AnyHub, duration: Duration): void
  /**
   * Changes the speed of a hub's clock for a while: at a rate of 1.1 the clock is six seconds ahead after a
   * minute.
   */
  skew(hub: AnyHub, rate: number, duration: Duration): void
  /**
   * Sets the wall clock of a hub fast by milliseconds for a while, or slow by a negative number. Its timers stay
   * right: `now()` and `wallTime()` of a runtime are two clocks.
   */
  shiftClock(hub: AnyHub, ahead: number, duration: Duration): void
  /** Injects a fault; its time `at` counts from now. */
  inject(fault: Fault): void
  /** Advances virtual time, and fires the timers that come due. No real time passes. */
  advance(duration: Duration): Promise<void>
  /** Advances virtual time until no transmission, operation or write is under way. */
  settle(): Promise<void>
  /**
   * Stops virtual time until work outside the world has settled: a file, a database, a hash that is computed in
   * another thread. Without it, the work ends at a different virtual time in each run. Calls of `crypto.subtle`
   * are held without it, where the world guards or fakes the globals. Returns a promise that settles as `work`
   * does; `await w.hold(readFile(path))`.
   */
  hold<T>(work: Promise<T>): Promise<T>
  /**
   * Returns the messages and casts that a client received at an address, in their order. Their data has the
   * type `unknown`, or a type of yours: `seen<Say>(bob, '#lobby')`.
   */
  seen<Data = unknown>(client: AnyClient, address: string): readonly Delivery<Data>[]
  /** Returns the gaps that a client was told of for an address, in their order. */
  gaps(client: AnyClient, address: string): readonly Gap[]
  /** Returns the statuses that a client has had, in their order. */
  statuses(client: AnyClient): readonly ClientStatus[]
  /**
   * Makes a runtime on the world's clock, for code of yours that takes a runtime. Its randomness follows from
   * the seed and the name.
   */
  runtime(actor: string): Runtime
  /** Returns a number in [0, 1) from the seed, for the workload. */
  random(): number
  /**
   * Adds an invariant of yours, checked after each `advance` and at the end. A text that `holds` returns, or
   * the message of an error that it throws, becomes the violation.
   */
  invariant(name: string, holds: () => true | string): void
  /** Notes that a situation came about; the report of `explore` counts the runs with each situation. */
  sometimes(name: string): void
}
