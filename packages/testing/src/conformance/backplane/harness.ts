import type { Backplane, BackplaneCapabilities } from '@chat/core/backplane'
import type { SuiteTiming } from '../poller.ts'

/** Means that a harness may lack. The suite skips the cases that need them. */
export type BackplaneLack =
  /** {@link BackplaneBench.advance} */
  | 'advance'
  /** {@link BackplaneStartOptions.keep} */
  | 'keep'
  /** {@link BackplaneStartOptions.age} */
  | 'age'
  /** {@link BackplaneBench.forget} */
  | 'forget'
  /** {@link BackplaneBench.outage} */
  | 'outage'
  /** {@link BackplaneBench.wipe} */
  | 'wipe'
  /** {@link BackplaneBench.loseAnswer} */
  | 'loseAnswer'
  /** {@link BackplaneBench.rollback} */
  | 'rollback'
  /** {@link BackplaneBench.leftovers} */
  | 'leftovers'

/** A backplane as the suite tests it. */
export interface BackplaneHarness extends SuiteTiming {
  /** Name of the suite, such as `memory` or `redis`. */
  readonly name: string
  /** Capabilities that the backplane declares. The suite skips the cases that need a missing capability. */
  readonly capabilities: BackplaneCapabilities
  /** Means that this harness lacks, each with the reason, which the report shows. Default: no lacks. */
  readonly lacks?: Readonly<Partial<Record<BackplaneLack, string>>>
  /** Cases to skip, by name, each with the reason, which the report shows. Default: no case. */
  readonly skip?: Readonly<Record<string, string>>
  /** Makes an empty store for a case. */
  start(options: BackplaneStartOptions): Promise<BackplaneBench>
}

/** Options of the store of a case. */
export interface BackplaneStartOptions {
  /**
   * Number of the newest messages that each log keeps. A store may remove older messages late, some hundreds
   * at once. `null`: the log keeps all messages of the case.
   */
  readonly keep: number | null
  /**
   * Milliseconds for which each log keeps its messages, by the clock that {@link BackplaneBench.advance} moves.
   * `null`: longer than any case takes.
   */
  readonly age: number | null
}

/** A store and its nodes, for a case. */
export interface BackplaneBench {
  /** Makes a node of the cluster. */
  node(): Promise<Backplane>
  /** Makes a node of another cluster, with a separate store. */
  stranger(): Promise<Backplane>
  /**
   * Returns the time of day that the store stamps messages with, in milliseconds since 1970. Default: the time
   * of day of this process.
   */
  wallTime?(): number
  /**
   * Lets at least this many milliseconds pass for the store: for the dedupe window, the lifetime of sessions,
   * the leases of nodes, the age of logs. A harness of a real server divides these durations by a factor, and
   * waits for as much less.
   */
  advance?(duration: number): Promise<void>
  /** Makes the store forget a whole log, as it does when memory is short. Listeners stay. */
  forget?(stream: string): Promise<void>
  /** Takes the store out of reach of a node (`true`), or back into reach (`false`). */
  outage?(node: Backplane, down: boolean): Promise<void>
  /** Makes the store lose all data, as a restart without its disk does. Listeners stay. */
  wipe?(): Promise<void>
  /**
   * Loses the answer to the next operation of a node, which the store carries out: the operation fails as
   * `unavailable`. Afterwards the store is in reach of the node again.
   */
  loseAnswer?(node: Backplane): Promise<void>
  /**
   * Makes the store lose the newest `count` entries of a log, with the knowledge of their keys, in the same
   * epoch, as a failover to a replica that lags does. Listeners stay.
   */
  rollback?(stream: string, count: number): Promise<void>
  /**
   * Counts the entries that the store holds for its cluster, with the listeners of its nodes: keys, channels,
   * consumers.
   */
  leftovers?(): Promise<number>
  /** Releases the store and its nodes. */
  stop(): Promise<void>
}
