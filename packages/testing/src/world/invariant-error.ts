import type { Fault } from '../faults/faults.ts'

/** One thing that did not hold. */
export interface Violation {
  /** The invariant's name: `I1`…, or the user's own. */
  readonly invariant: string
  readonly what: string
}

/** What gives a run again: `explore({ …, runs: 1, seed, replay: faults }, …)`. */
export interface Replay {
  readonly seed: number
  /** The faults that are needed, and no others. */
  readonly faults: readonly Fault[]
  /** The hash of the run's trace. */
  readonly hash: string
}

/** An invariant did not hold in a run; the message says which, how to see it again, and what led to it. */
export class InvariantError extends Error {
  readonly code = 'invariant'
  readonly violations: readonly Violation[]
  /** What gives the run again, when `explore` has found it; `null` in a scenario, whose options have the seed. */
  readonly replay: Replay | null

  constructor(violations: readonly Violation[], report: string, replay: Replay | null = null) {
    super(report)
    this.name = 'InvariantError'
    this.violations = violations
    this.replay = replay
  }
}
