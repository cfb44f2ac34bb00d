/** Durations that no application chooses, in milliseconds. Tests, in which time runs faster, have others. */
export interface Tuning {
  /** Least duration for which a log is kept after its last use: hubs ask for their logs at least every 5 minutes. */
  readonly leastTtl: number
  /** Duration for which the mark of a user is kept, at least. */
  readonly markTtl: number
  /** Interval at which a node tests that it hears itself. */
  readonly probeInterval: number
  /** Duration for which a channel without listeners stays subscribed. */
  readonly linger: number
}

/** The durations of production. */
export const standardTuning: Tuning = {
  leastTtl: 10 * 60_000,
  markTtl: 24 * 3_600_000,
  probeInterval: 3_000,
  linger: 5_000,
}
