import { UsageError } from '@chat/core'
import { checkOptionsWithHint, describe, type OptionNames } from '@chat/core/transport'
import { allFaults, checkFaultKinds, drawFaults, type Fault, type FaultKind } from '../faults/faults.ts'
import { GuardError } from '../globals/guard.ts'
import { InvariantError } from '../report/invariant-error.ts'
import type { Duration } from '../time/duration.ts'
import { Random } from '../time/random.ts'
import { checkCallback } from '../world/check-callback.ts'
import { type WorldOptions, worldOptionNames } from '../world/options.ts'
import { Simulation } from '../world/simulation.ts'
import type { World } from '../world/world.ts'
import { DivergenceError } from './divergence-error.ts'
import { shrink } from './shrink.ts'

/** Options of {@link explore}. */
export interface ExploreOptions<Subject> extends Omit<WorldOptions, 'seed'> {
  /** Number of seeds to try. Default: 100. */
  readonly runs?: number | undefined
  /** First of the seeds, which are consecutive integers. Default: 1. */
  readonly seed?: number | undefined
  /**
   * Kinds of faults to draw from. Default: {@link allFaults}. With an empty list no fault occurs, and a gap
   * is a violation too (I10).
   */
  readonly faults?: readonly FaultKind[] | undefined
  /** Maximum number of faults in a run. Default: 6. */
  readonly most?: number | undefined
  /** Milliseconds of virtual time within which all faults begin. Default: 60 000. */
  readonly within?: number | undefined
  /** Factor by which faults last longer than usual. Default: 1. */
  readonly lasting?: number | undefined
  /** Virtual time without faults before `check`, in which hubs and clients recover. Default: 120 s. */
  readonly recovery?: Duration | undefined
  /** Called in each run, while the faults occur. When it throws, the run fails. */
  readonly workload: (w: World, subject: Subject) => Promise<void> | void
  /**
   * Called in each run after the end of every fault and the time for recovery. When it throws, the run fails.
   * Default: no check besides the invariants.
   */
  readonly check?: ((w: World, subject: Subject) => Promise<void> | void) | undefined
  /**
   * Faults to inject in place of drawn faults, as the message of a failure lists them. Default: drawn faults.
   */
  readonly replay?: readonly Fault[] | undefined
  /**
   * Number of the first seeds that run twice, to detect runs that depend on a source outside the world. A run
   * that fails always runs twice. Default: 1.
   */
  readonly twice?: number | undefined
  /**
   * Situations that must come about in at least one run, as {@link World.sometimes} notes them. Default: no
   * situations.
   */
  readonly situations?: readonly string[] | undefined
  /** Called after each run. When it throws, the search ends with that error. */
  readonly progress?:
    | ((done: {
        readonly run: number
        readonly runs: number
        readonly seed: number
        readonly hash: string
      }) => void)
    | undefined
}

const exploreOptionNames: OptionNames<ExploreOptions<unknown>> = {
  ...worldOptionNames,
  runs: true,
  faults: true,
  most: true,
  within: true,
  lasting: true,
  recovery: true,
  workload: true,
  check: true,
  replay: true,
  twice: true,
  situations: true,
  progress: true,
}

/** Figures of a search. */
export interface ExploreReport {
  /** Number of runs. */
  readonly runs: number
  /** Number of callbacks that have run, in all runs together. */
  readonly steps: number
  /** Milliseconds of virtual time, in all runs together. */
  readonly time: number
  /** Number of runs in which each situation came about, by situation. */
  readonly situations: ReadonlyMap<string, number>
}

interface Run {
  readonly simulation: Simulation
  readonly faults: readonly Fault[]
  readonly failure: unknown
}

/**
 * Searches seeds for a run in which an invariant does not hold. `setup` makes the hubs and clients of a run.
 * The faults are drawn from the seed and occur while the `workload` runs. Then every fault ends, hubs and
 * clients get time to recover, and the invariants are checked. A failure is reduced to the faults it needs.
 *
 * ```ts
 * test('no message is lost, whatever happens', () =>
 *   explore({ runs: 200, workload: chatter }, async (w) => {
 *     const hub = w.hub({ authenticate: ({ token }) => ({ id: token ?? '' }), authorize: () => true })
 *     return [await w.client(hub, 'alice'), await w.client(hub, 'bob')]
 *   }))
 * ```
 *
 * @throws InvariantError for the first run that fails: the invariant, the faults that the failure needs, the
 *   events before it, and the line that repeats it. Error with the same text and the `cause` when the
 *   workload or check threw another error. GuardError when code under test has used a real clock, timer or
 *   random source. DivergenceError when a seed has given two different runs. UsageError when an option or a
 *   kind of fault does not exist, or an argument or the `workload` is missing.
 */
export async function explore<Subject>(
  options: ExploreOptions<Subject>,
  setup: (w: World) => Promise<Subject> | Subject,
): Promise<ExploreReport> {
  checkExploreArguments(options, setup)
  const { runs = 100, seed: first = 1, replay = null, twice = 1 } = options
  const situations = new Map<string, number>()
  let steps = 0
  let time = 0
  for (let run = 0; run < runs; run++) {
    const outcome = await simulate(options, setup, first + run, replay)
    const { simulation } = outcome
    if (run < twice || outcome.failure !== null) await checkRepeats(options, setup, outcome)
    if (outcome.failure !== null) throw await explained(options, setup, outcome)
    steps += simulation.steps
    time += simulation.now
    for (const situation of simulation.report.situations)
      situations.set(situation, (situations.get(situation) ?? 0) + 1)
    options.progress?.({ run: run + 1, runs, seed: first + run, hash: simulation.hash })
  }
  for (const situation of options.situations ?? [])
    if (!situations.has(situation))
      throw new Error(`unable to trust this search: '${situation}' never came about in ${runs} runs`)
  return { runs, steps, time, situations }
}

/** Returns the hash of a run with the seed of the options, to compare runs. */
export async function traceHash<Subject>(
  options: ExploreOptions<Subject>,
  setup: (w: World) => Promise<Subject> | Subject,
): Promise<string> {
  checkExploreArguments(options, setup)
  const { simulation } = await simulate(options, setup, options.seed ?? 1, options.replay ?? null)
  return simulation.hash
}

const usage = 'explore({ workload }, (w) => { … })'

function checkExploreArguments<Subject>(options: ExploreOptions<Subject>, setup: unknown): void {
  if (options === undefined)
    throw new UsageError(`unable to explore: the first argument is missing; write \`${usage}\``)
  checkOptionsWithHint('explore', options, exploreOptionNames as OptionNames<ExploreOptions<Subject>>)
  checkCallback('explore', setup, usage)
  if (typeof options.workload !== 'function')
    throw new UsageError(
      `unable to explore: the option 'workload' is ${describe(options.workload)}; give a function`,
    )
  const { faults = [], replay = [] } = options
  checkFaultKinds('explore', [...faults, ...replay.map(({ kind }) => kind)])
}

async function simulate<Subject>(
  options: ExploreOptions<Subject>,
  setup: (w: World) => Promise<Subject> | Subject,
  seed: number,
  replay: readonly Fault[] | null,
): Promise<Run> {
  const { faults: kinds = allFaults, most = 6, within = 60_000, lasting = 1, workload, check } = options
  const faults = replay ?? drawFaults(new Random(seed, 'faults'), { kinds, most, within, lasting })
  const simulation = new Simulation({ ...options, seed })
  try {
    await simulation.run(async (w) => {
      const subject = await setup(w)
      for (const fault of faults) w.inject(fault)
      await workload(w, subject)
      await simulation.recover(options.recovery)
      await check?.(w, subject)
    })
    if (kinds.length === 0) simulation.checkUndisturbed()
    simulation.throwViolations()
    return { simulation, faults, failure: null }
  } catch (failure) {
    return { simulation, faults, failure }
  }
}

/**
 * Runs a seed a second time.
 *
 * @throws DivergenceError when the second run differs.
 */
async function checkRepeats<Subject>(
  options: ExploreOptions<Subject>,
  setup: (w: World) => Promise<Subject> | Subject,
  { simulation, faults, failure }: Run,
): Promise<void> {
  // The run stopped at the refused call, and the message names its line.
  if (failure instanceof GuardError) return
  const again = await simulate(options, setup, simulation.seed, faults)
  if (again.simulation.hash !== simulation.hash)
    throw new DivergenceError(simulation.seed, simulation.report.trace, again.simulation.report.trace)
}

/** Reduces a failure to the fewest faults that still cause it, and returns the error to throw. */
async function explained<Subject>(
  options: ExploreOptions<Subject>,
  setup: (w: World) => Promise<Subject> | Subject,
  failed: Run,
): Promise<unknown> {
  if (failed.failure instanceof GuardError) return failed.failure
  const { seed } = failed.simulation
  let smallest = failed
  await shrink(failed.faults, async (fewer) => {
    const run = await simulate(options, setup, seed, fewer)
    const same = run.failure !== null && kindOf(run.failure) === kindOf(failed.failure)
    if (same) smallest = run
    return same
  })
  return failureOf(smallest, failed.faults.length)
}

/** Returns the error of a failed search. */
function failureOf({ simulation, faults, failure }: Run, drawn: number): Error {
  const { seed, report, hash } = simulation
  const invariant = failure instanceof InvariantError ? failure : null
  const message = failure instanceof Error ? failure.message : String(failure)
  const text = [
    report.format(invariant === null ? message : report.summary(), faults, needed(faults.length, drawn)),
    'to see it again:',
    `  explore({ …, runs: 1, seed: ${seed}, replay: ${JSON.stringify(faults)} }, …)`,
  ].join('\n')
  if (invariant !== null) return new InvariantError(invariant.violations, text, { seed, faults, hash })
  return new Error(text, { cause: failure })
}

function needed(kept: number, drawn: number): string {
  if (drawn === 0) return 'without any fault'
  if (kept === 0 && drawn === 1) return 'it does not need the fault that was there'
  if (kept === 0) return `it needs none of the ${drawn} faults that were there`
  if (kept === drawn)
    return kept === 1
      ? 'it needs the only fault that was there:'
      : `it needs all ${kept} faults that were there:`
  return `of ${drawn} faults it needs ${kept === 1 ? 'one' : kept}:`
}

const kindOf = (failure: unknown): string =>
  failure instanceof InvariantError
    ? (failure.violations[0]?.invariant ?? '')
    : String((failure as Error)?.name)
