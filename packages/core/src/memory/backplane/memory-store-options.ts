import type { LogEntry } from '../../backplane/backplane.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { OptionNames } from '../../vocabulary/check-options.ts'
import { checkFunctionOptions, checkNumberOptions, checkRuntime } from '../check-arguments.ts'
import { checkRetention } from './check-retention.ts'
import type { Retention } from './stream-log.ts'

/** Options of a {@link MemoryStore}: the amount that it keeps. */
export interface MemoryStoreOptions {
  /**
   * Retention of each log; a function decides by its address, at once. When it throws or rejects, or answers
   * with a bound that is no number of at least 0, the log has the default retention, and the hubs of the store
   * report the error in `$error`.
   */
  readonly retention?: Retention | ((stream: string) => Retention) | undefined
  /**
   * Bytes in memory of all logs with messages, and of the answers by which repetitions are recognised. Above it logs are
   * forgotten as a whole, those written longest ago first. When the logs of which a user has written most hold
   * over a tenth of it, that user's logs are forgotten before all others, down to half of that share; users with
   * the same `payer`, or behind the same address for anonymous users, have one share. The
   * answers may take half of it: then answers older than a 60th of `dedupeWindow` are forgotten, and while there
   * are none, further messages are refused as `unavailable`. The presence states of all rooms may take a
   * quarter of this besides: above it remembered states are forgotten, and then new states are refused as
   * `unavailable`. Above half of that quarter, a user who holds over a tenth of it is refused. Default: 256 MiB.
   */
  readonly bytes?: number | undefined
  /** Duration for which a repetition is recognised, in milliseconds. Default: 120 000. */
  readonly dedupeWindow?: number | undefined
  /**
   * Number of sessions that are remembered. Above it, sessions that have ended are forgotten: first those whose
   * clients never wrote a frame, then those that ended first. Connected sessions are always remembered.
   * Default: 50 000.
   */
  readonly sessions?: number | undefined
  /**
   * Called with each stored message, in the order of the log: for the invariants of a simulation. When it
   * throws or rejects, the hubs of the store report the error in `$error`.
   */
  readonly observe?: ((stream: string, epoch: string, entry: LogEntry) => unknown) | undefined
}

/** The names of all options. */
export const memoryStoreOptionNames: OptionNames<MemoryStoreOptions> = {
  retention: true,
  bytes: true,
  dedupeWindow: true,
  sessions: true,
  observe: true,
}

const making = 'make the store'

/** @throws UsageError when the value is no runtime, or an option cannot work or does not exist. */
export function checkStoreArguments(runtime: Runtime, options: MemoryStoreOptions): void {
  checkRuntime(making, runtime, 'new MemoryStore(systemRuntime)')
  checkFunctionOptions(making, options, { names: memoryStoreOptionNames, functions: ['observe'] })
  checkNumberOptions(making, options, ['bytes', 'dedupeWindow', 'sessions'])
  if (typeof options.retention !== 'function') checkRetention(making, options.retention)
}
