import type { Fault } from '../faults/faults.ts'

/** An invariant that did not hold. */
export interface Violation {
  /** Name of the invariant: `I1`…, or that of {@link World.invariant}. */
  readonly invariant: string
  /** Description of the violation. */
  readonly detail: string
}

/** Data that repeats a run: `explore({ …, runs: 1, seed, replay: faults }, …)`. */
export interface Replay {
  /** Seed of the run. */
  readonly seed: number
  /** Faults that the failure needs, and no more. */
  readonly faults: readonly Fault[]
  /** Hash of the run's trace. */
  readonly hash: string
}

/**
 * An invariant did not hold in a run. The message names it, shows the lines of the trace that led to it, and
 * tells how to repeat the run.
 */
export class InvariantError extends Error {
  /** Always `'invariant'`. */
  readonly code = 'invariant'
  /** Violations of the run, in their order. */
  readonly violations: readonly Violation[]
  /**
   * Data that repeats the run, for a failure of `explore`; `null` for a failure of `world`, whose options
   * have the seed.
   */
  readonly replay: Replay | null

  /** Makes the error from the violations and the text of its message. */
  constructor(violations: readonly Violation[], report: string, replay: Replay | null = null) {
    super(report)
    this.name = 'InvariantError'
    this.violations = violations
    this.replay = replay
  }
}
