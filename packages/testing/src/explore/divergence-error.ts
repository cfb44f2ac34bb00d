import type { Trace } from '../report/trace.ts'

/**
 * The same seed has given two different runs, so a failure could not be repeated. The message shows the lines
 * in which the runs differ.
 */
export class DivergenceError extends Error {
  /** Always `'divergence'`. */
  readonly code = 'divergence'
  /** Seed of both runs. */
  readonly seed: number

  /** @internal Made by {@link explore}. */
  constructor(seed: number, first: Trace, second: Trace) {
    const difference = first.firstDifference(second)
    super(
      [
        `unable to give the same run for seed ${seed}: two runs differ`,
        `  first:  ${difference.own ?? '(ended)'}`,
        `  second: ${difference.other ?? '(ended)'}`,
        "the code under test depends on a source outside the world: a module's state that outlives a run, an import from node:timers or node:crypto, a file, a socket",
      ].join('\n'),
    )
    this.name = 'DivergenceError'
    this.seed = seed
  }
}
