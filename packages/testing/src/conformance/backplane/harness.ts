import type { Backplane, BackplaneCapabilities } from '@chat/core/backplane'
import type { SuiteTiming } from '../poller.ts'

/** What a harness may lack. Each one leaves out the cases that need it. */
export type BackplaneLack =
  /** {@link BackplaneBench.advance} */
  | 'advance'
  /** {@link BackplaneStartOptions.keep} */
  | 'keep'
  /** {@link BackplaneBench.forget} */
  | 'forget'
  /** {@link BackplaneBench.outage} */
  | 'outage'
  /** {@link BackplaneBench.wipe} */
  | 'wipe'

/** A backplane as the suite tests it. */
export interface BackplaneHarness extends SuiteTiming {
  /** What the suite is called, such as `memory` or `redis`. */
  readonly name: string
  /** What the backplane declares. What it cannot do is not asked of it. */
  readonly capabilities: BackplaneCapabilities
  /** What this harness has no means for, with the reason, which the report shows. */
  readonly lacks?: Readonly<Partial<Record<BackplaneLack, string>>>
  /** Cases that cannot pass here, by name, with the reason, which the report shows. */
  readonly skip?: Readonly<Record<string, string>>
  /** Makes a store of its own for one case, empty. */
  start(options: BackplaneStartOptions): Promise<BackplaneBench>
}

/** How the store of one case behaves. */
export interface BackplaneStartOptions {
  /**
   * How many of its newest messages each stream keeps. One that lets go of older ones only now and then, some hundreds at once, is fine. `null`: all that the
   * case writes.
   */
  readonly keep: number | null
}

/** A store, and the ways to it, for one case. */
export interface BackplaneBench {
  /** One more node of the cluster. */
  node(): Promise<Backplane>
  /** A node of another cluster, whose store has nothing to do with this one. */
  stranger(): Promise<Backplane>
  /** Lets milliseconds pass for everything that the store measures in time: the dedupe window, the time sessions live, the leases of nodes. */
  advance?(duration: number): Promise<void>
  /** Makes the store forget a stream as a whole, as it does when memory is short. Listeners stay. */
  forget?(stream: string): Promise<void>
  /** Takes the store out of reach of a node, or back. */
  outage?(node: Backplane, down: boolean): Promise<void>
  /** Makes the store lose everything, as one does that is restarted without its disk. Listeners stay. */
  wipe?(): Promise<void>
  /** Lets go of everything. */
  stop(): Promise<void>
}
