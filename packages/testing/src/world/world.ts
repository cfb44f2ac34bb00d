import type {
  AnyContract,
  Client,
  ClientOptions,
  ClientStatus,
  Gap,
  Hub,
  HubOptions,
  Message,
  Runtime,
  Token,
  Untyped,
  User,
} from '@chat/core'
import type { Fault } from '../faults/faults.ts'
import type { GuardError } from '../globals/guard.ts'
import type { Duration } from '../time/duration.ts'
import { Simulation } from './simulation.ts'

/** A span to draw a duration from, or a fixed one. */
export type DurationRange = Duration | readonly [least: Duration, most: Duration]

/** How a {@link World} behaves. */
export interface WorldOptions {
  /** Everything random in this world follows from it. Default: 1. */
  readonly seed?: number
  /** How long one way between client and hub takes, drawn for each transmission. Default: 1 to 20 ms. */
  readonly latency?: DurationRange
  /**
   * How long one way between hub and backplane takes, drawn for each operation. `0` takes the synchronous path, on which a hub alone on one machine runs.
   * Default: 0 to 5 ms.
   */
  readonly backplaneLatency?: DurationRange
  /** Whether the invariants of delivery are checked, and a violation fails the run, as one of your own always does. Default: `true`. */
  readonly invariants?: boolean
  /**
   * Whether the run fails with a {@link GuardError} when code under test touches a real clock, timer or random source: `Date`, `performance.now`, `setTimeout`,
   * `setInterval`, `setImmediate`, `AbortSignal.timeout`, `Math.random`, `crypto.getRandomValues`, `crypto.randomUUID`. Code under test is what runs inside the run, in
   * every callback and after every `await`, not what goes on beside it: the test runner, or another world. What a test has replaced itself, with `vi.useFakeTimers` or
   * a spy, is left to it. What a module took hold of when it was loaded, or imports from `node:timers` or `node:crypto`, goes unseen. There is no guard in
   * pages, where nothing tells whose code it is. Default: `true`.
   */
  readonly guard?: boolean
  /**
   * Whether those globals are the world's for code under test: a virtual clock that starts on 1 January 2026 (UTC), virtual timers, randomness from the seed. So code that
   * takes time from globals is simulated as it is. `queueMicrotask` and `process.nextTick` stay as they are. Not possible in pages. Default: `false`.
   */
  readonly fakeGlobals?: boolean
}

/** A hub of a world, whatever its contract. */
export type AnyHub = Pick<Hub, 'close' | 'node'>

/** A client of a world, whatever its contract. */
export type AnyClient = Pick<Client, 'close' | 'status'>

/** The way between a client and its hubs. */
export interface WorldLink {
  /** Cuts it: the connection is lost on both sides and none can be made, for this long or until {@link WorldLink.restore}. */
  cut(duration?: Duration): void
  /** Lets nothing arrive, for this long or until {@link WorldLink.restore}; then everything does, late. One direction alone is a half-open connection. Default: both. */
  stall(duration?: Duration, direction?: 'up' | 'down' | 'both'): void
  /** Resets the connection; each side sees it after a while, or (`null`) never. Default: both at once. */
  reset(seen?: { readonly client: Duration | null; readonly hub: Duration | null }): void
  /** Refuses new connections, for this long or until {@link WorldLink.restore}. */
  refuse(duration?: Duration): void
  /** Lets through so many bytes a second, for this long or until {@link WorldLink.restore}. */
  limit(bytesPerSecond: number, duration?: Duration): void
  /** Makes it whole again. */
  restore(): void
}

/** The backplane that the hubs of a world share. */
export interface WorldBackplane {
  /** Out of reach for one hub, or for all: operations fail, hints are lost. */
  outage(duration: Duration, hub?: AnyHub): void
  /** Loses everything, and is back after a while with new epochs. */
  wipe(downtime?: Duration): void
  /** Loses the newest messages of a stream although they were acknowledged, and is back after a while: a failover to a replica that lags. */
  rollback(stream: string, count: number, downtime?: Duration): void
  /** Forgets a stream as a whole, without being out of reach: what has no room for all streams does that with the oldest. */
  forget(stream: string): void
  /** Keeps only the newest messages of a stream. */
  trim(stream: string, keep: number): void
  /** Of the hints, loses and doubles these shares, for a while. */
  hints(shares: { readonly lose?: number; readonly double?: number }, duration: Duration): void
  /** Loses this share of the answers to operations that were carried out, for a while. */
  loseAnswers(share: number, duration: Duration): void
}

/** Hubs and clients under one virtual clock: made by {@link world}. */
export interface World {
  /** What everything random follows from. */
  readonly seed: number
  /** Milliseconds of virtual time since the start. */
  readonly now: number
  /** The backplane that the hubs share. */
  readonly backplane: WorldBackplane
  /** A hash of everything that has happened so far: the same seed gives the same. */
  readonly hash: string
  /**
   * Starts a hub. Hubs of one world share one backplane. `setup` adds its listeners, also when the hub is started again after a
   * crash.
   */
  hub<C extends AnyContract = Untyped, U extends User = User>(
    options?: HubOptions<C, U>,
    setup?: (hub: Hub<C, U>) => void,
  ): Hub<C, U>
  /**
   * A client, connected to a hub, or to the next of several each time it connects; `token` is what the hub's `authenticate` gets.
   */
  client<C extends AnyContract = Untyped, U extends User = User>(
    hub: Hub<C, U> | readonly Hub<C, U>[],
    token: Token,
    options?: Partial<Omit<ClientOptions<C>, 'token'>>,
  ): Promise<Client<C>>
  /** The way of a client to its hubs. */
  link(client: AnyClient): WorldLink
  /**
   * Ends a hub as a crash does: nothing is finished, nobody is told. Its clients see the reset after a while, or (`null`) never. It is started again after
   * `restart`, as another incarnation under the same name. Default: at once; and never.
   */
  crash(hub: AnyHub, options?: { readonly restart?: Duration; readonly seen?: Duration | null }): void
  /** Blocks a hub's event loop: nothing of it runs, and then everything, late. */
  pause(hub: AnyHub, duration: Duration): void
  /** Lets the clock of a hub run fast or slow: at a rate of 1.1 it is six seconds ahead after a minute. */
  skew(hub: AnyHub, rate: number, duration: Duration): void
  /** Lets something go wrong, counted from now. */
  inject(fault: Fault): void
  /** Lets time pass, and everything that is due in it happen. No real time passes. */
  advance(duration: Duration): Promise<void>
  /** Lets time pass until nothing is under way any more. */
  settle(): Promise<void>
  /** The messages that a client was handed for an address, in their order. Data is `unknown` until said otherwise: `seen<Say>(bob, '#lobby')`. */
  seen<Data = unknown>(client: AnyClient, address: string): readonly Message<Data>[]
  /** The gaps that a client was told of for an address. */
  gaps(client: AnyClient, address: string): readonly Gap[]
  /** The statuses a client has gone through, in their order. */
  statuses(client: AnyClient): readonly ClientStatus[]
  /** A runtime on this world's clock, for code of your own that takes one. */
  runtime(actor: string): Runtime
  /** A number in [0, 1) from the seed, for the workload. */
  random(): number
  /** An invariant of your own: checked at the end and after each advance; what it returns other than `true`, or throws, is what is wrong. */
  invariant(name: string, holds: () => true | string): void
  /** Notes that an interesting situation has come about: `explore` tells in how many runs each has. */
  sometimes(name: string): void
}

/**
 * Runs a scenario in a world of its own: hubs, clients and the network between them in memory, under virtual time. Afterwards everything is closed, and the
 * invariants of delivery are checked.
 *
 * ```ts
 * test('bob catches up after a tunnel', () =>
 *   world({ seed: 7 }, async (w) => {
 *     const hub = w.hub({ authenticate: ({ token }) => ({ id: token ?? '' }), authorize: () => true })
 *     const [alice, bob] = [await w.client(hub, 'alice'), await w.client(hub, 'bob')]
 *     await bob.join('#general').ready
 *     w.link(bob).cut('45s')
 *     for (let i = 0; i < 20; i++) await alice.to('#general').send('say', { i })
 *     await w.advance('60s')
 *     expect(w.seen(bob, '#general')).toHaveLength(20)
 *   }))
 * ```
 *
 * @throws InvariantError when an invariant does not hold; GuardError when a real clock, timer or random source was touched; whatever the scenario throws.
 */
export async function world(
  options: WorldOptions,
  scenario: (w: World) => Promise<void> | void,
): Promise<void> {
  const simulation = new Simulation(options)
  await simulation.run(scenario)
  simulation.verify()
}
