import { UsageError } from '@chat/core'
import type { MemoryStoreOptions } from '@chat/core/memory'
import {
  checkBoolean,
  checkObject,
  checkOptionsWithHint,
  describe,
  type OptionNames,
} from '@chat/core/transport'
import type { Duration } from '../time/duration.ts'

/** A fixed duration, or the bounds of a range from which durations are drawn. */
export type DurationRange = Duration | readonly [least: Duration, most: Duration]

/** Options of a {@link World}. */
export interface WorldOptions {
  /** Integer from which all randomness of the world follows. Default: 1. */
  readonly seed?: number | undefined
  /**
   * Latency of a transmission between client and hub, drawn for each transmission and direction. Default: 1
   * to 20 ms.
   */
  readonly latency?: DurationRange | undefined
  /**
   * Latency of a transmission between hub and backplane, drawn for each operation and direction. `0` takes
   * the synchronous path, the path of a hub that runs alone in its process. Default: 0 to 5 ms.
   */
  readonly backplaneLatency?: DurationRange | undefined
  /**
   * Options of the log in memory that all hubs of the world share, as the option `log` of a hub that runs
   * alone. Default: those of such a hub.
   */
  readonly log?: Omit<MemoryStoreOptions, 'observe'>
  /**
   * `false`: only the invariants of {@link World.invariant} are checked, and not those of delivery. Default:
   * `true`.
   */
  readonly invariants?: boolean | undefined
  /**
   * `true`: the run fails with a {@link GuardError} when code under test uses a real clock, timer or random
   * source: `Date`, `performance.now`, `setTimeout`, `setInterval`, `setImmediate`, `AbortSignal.timeout`,
   * `Math.random`, `crypto.getRandomValues`, `crypto.randomUUID`. Code under test is all code that the run
   * calls, in every callback and after every `await`; the test runner and other worlds are not.
   *
   * Calls of `crypto.subtle`, as libraries for JSON Web Tokens make them, stop virtual time until they are
   * answered; {@link World.hold} does it for other work.
   *
   * The guard ignores globals that the test has replaced, as by `vi.useFakeTimers` or a spy. It does not see
   * functions that a module took hold of at its load, or imported from `node:timers` or `node:crypto`. Pages
   * have no guard, because they do not tell which run executing code belongs to. Default: `true`.
   */
  readonly guard?: boolean | undefined
  /**
   * `true`: code under test gets the world's own versions of those globals: a virtual clock that starts on 1
   * January 2026 (UTC), virtual timers, and randomness from the seed. So code that takes time from globals is
   * simulated as it is. `queueMicrotask` and `process.nextTick` stay as they are. Not possible in pages.
   * Default: `false`.
   */
  readonly fakeGlobals?: boolean | undefined
}

/** Names of the options of a world, for the check of unknown options. */
export const worldOptionNames: OptionNames<WorldOptions> = {
  seed: true,
  latency: true,
  backplaneLatency: true,
  log: true,
  invariants: true,
  guard: true,
  fakeGlobals: true,
}

/** @throws UsageError when the options of a world are missing, do not exist or have a wrong value. */
export function checkWorldOptions(options: WorldOptions | undefined): void {
  const operation = 'run the world'
  if (options === undefined)
    throw new UsageError(
      `unable to ${operation}: the first argument is missing; write \`world(options, (w) => { … })\``,
    )
  checkOptionsWithHint(operation, options, worldOptionNames)
  const { seed, log, latency, backplaneLatency } = options
  if (seed !== undefined && !Number.isSafeInteger(seed)) refuseOption('seed', 'a whole number', seed)
  checkObject(operation, 'log', log)
  for (const name of ['guard', 'invariants', 'fakeGlobals'] as const)
    checkBoolean(operation, name, options[name])
  for (const [name, value] of Object.entries({ latency, backplaneLatency }))
    if (value === null || (typeof value === 'object' && !(Array.isArray(value) && value.length === 2)))
      refuseOption(name, "a duration, such as 20 or '20ms', or [least, most]", value)

  function refuseOption(name: string, expected: string, value: unknown): never {
    throw new UsageError(
      `unable to ${operation}: the option '${name}' must be ${expected}, but is ${describe(value)}`,
    )
  }
}
