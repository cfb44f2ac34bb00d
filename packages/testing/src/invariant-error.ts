/** One thing that did not hold. */
export interface Violation {
  /** The invariant's name: `I1`…, or the user's own. */
  readonly invariant: string
  readonly what: string
}

/** An invariant did not hold in a run; the message says which, how to see it again, and what happened last. */
export class InvariantError extends Error {
  readonly code = 'invariant'
  readonly violations: readonly Violation[]

  constructor(violations: readonly Violation[], report: string) {
    super(report)
    this.name = 'InvariantError'
    this.violations = violations
  }
}
