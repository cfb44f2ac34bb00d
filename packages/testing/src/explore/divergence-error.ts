import type { Trace } from '../world/trace.ts'

/**
 * The same seed has given two different runs, so that no failure could be seen again. The message shows where they part.
 */
export class DivergenceError extends Error {
  readonly code = 'divergence'
  readonly seed: number

  /** @internal */
  constructor(seed: number, first: Trace, second: Trace) {
    const parting = first.parting(second)
    super(
      [
        `unable to give the same run for seed ${seed}: it has gone two ways`,
        `  first: ${parting.one ?? 'nothing more'}`,
        `  then:  ${parting.other ?? 'nothing more'}`,
        "something decides that is not the world's: state of a module that outlives a run, what is imported from node:timers or node:crypto, a file, a socket",
      ].join('\n'),
    )
    this.name = 'DivergenceError'
    this.seed = seed
  }
}
