import { allFaults, drawFaults, type Fault, type FaultKind } from '../faults/faults.ts'
import { GuardError } from '../globals/guard.ts'
import { Random } from '../time/random.ts'
import { InvariantError } from '../world/invariant-error.ts'
import { Simulation } from '../world/simulation.ts'
import type { World, WorldOptions } from '../world/world.ts'
import { DivergenceError } from './divergence-error.ts'
import { shrink } from './shrink.ts'

/** How {@link explore} searches. */
export interface ExploreOptions<Subject> extends Omit<WorldOptions, 'seed'> {
  /** How many seeds to try. Default: 100. */
  readonly runs?: number
  /** The first of them. Default: 1. */
  readonly seed?: number
  /** What may go wrong. Default: everything. An empty list: nothing; then a gap is a violation too (I10). */
  readonly faults?: readonly FaultKind[]
  /** How many faults a run has at most. Default: 6. */
  readonly most?: number
  /** Within how many milliseconds they begin. Default: 60 000. */
  readonly within?: number
  /** How many times as long as usual they last. Default: 1. */
  readonly lasting?: number
  /** What happens while things go wrong. */
  readonly workload: (w: World, subject: Subject) => Promise<void> | void
  /** What must hold when every fault is over and everything had time to recover. Throws when it does not. */
  readonly check?: (w: World, subject: Subject) => Promise<void> | void
  /** Exactly these faults, as a failure named them, instead of drawn ones. */
  readonly replay?: readonly Fault[]
  /**
   * How many of the first seeds are run twice, and the runs compared: something that is not the world's may decide. A run that fails is always seen again. Default: 1.
   */
  readonly twice?: number
  /** Situations that must have come about in at least one run, as {@link World.sometimes} notes them. Default: none. */
  readonly situations?: readonly string[]
  /** Called after each run. */
  readonly progress?: (done: {
    readonly run: number
    readonly runs: number
    readonly seed: number
    readonly hash: string
  }) => void
}

/** What a search has seen. */
export interface ExploreReport {
  readonly runs: number
  /** Callbacks that have run, in all runs together. */
  readonly steps: number
  /** Virtual milliseconds, in all runs together. */
  readonly time: number
  /** In how many runs each situation came about. */
  readonly situations: ReadonlyMap<string, number>
}

interface Run {
  readonly simulation: Simulation
  readonly faults: readonly Fault[]
  readonly failure: unknown
}

/**
 * Searches seeds for a run in which an invariant does not hold. `setup` makes the hubs and clients; then faults are drawn from the seed and strike while the
 * `workload` runs; then every fault ends, everything gets time to recover, and the invariants are checked. A failure is shrunk to the faults it needs.
 *
 * ```ts
 * test('no message is lost, whatever happens', () =>
 *   explore({ runs: 200, workload: chatter }, async (w) => {
 *     const hub = w.hub({ authenticate: ({ token }) => ({ id: token ?? '' }), authorize: () => true })
 *     return [await w.client(hub, 'alice'), await w.client(hub, 'bob')]
 *   }))
 * ```
 *
 * @throws InvariantError for the first run that fails: the invariant, the faults it takes and no others, what led to it, and the line that gives it again.
 *   Error with the same, and the `cause`, when something else was thrown. GuardError when code under test has touched a real clock, timer or random source. DivergenceError when a
 *   seed has given two different runs.
 */
export async function explore<Subject>(
  options: ExploreOptions<Subject>,
  setup: (w: World) => Promise<Subject> | Subject,
): Promise<ExploreReport> {
  const { runs = 100, seed: first = 1, replay = null, twice = 1 } = options
  const situations = new Map<string, number>()
  let steps = 0
  let time = 0
  for (let run = 0; run < runs; run++) {
    const outcome = await simulate(options, setup, first + run, replay)
    const { simulation } = outcome
    if (run < twice || outcome.failure !== null) await seeAgain(options, setup, outcome)
    if (outcome.failure !== null) throw await explained(options, setup, outcome)
    steps += simulation.steps
    time += simulation.now
    for (const situation of simulation.verdict.situations)
      situations.set(situation, (situations.get(situation) ?? 0) + 1)
    options.progress?.({ run: run + 1, runs, seed: first + run, hash: simulation.hash })
  }
  for (const situation of options.situations ?? [])
    if (!situations.has(situation))
      throw new Error(`unable to trust this search: '${situation}' never came about in ${runs} runs`)
  return { runs, steps, time, situations }
}

/** The hash of one run, for comparing two of them. */
export async function traceHash<Subject>(
  options: ExploreOptions<Subject>,
  setup: (w: World) => Promise<Subject> | Subject,
): Promise<string> {
  const { simulation } = await simulate(options, setup, options.seed ?? 1, options.replay ?? null)
  return simulation.hash
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
      await simulation.recover()
      await check?.(w, subject)
    })
    if (kinds.length === 0) simulation.expectCalm()
    simulation.verify()
    return { simulation, faults, failure: null }
  } catch (failure) {
    return { simulation, faults, failure }
  }
}

/**
 * Runs a seed once more.
 *
 * @throws DivergenceError when that gives another run.
 */
async function seeAgain<Subject>(
  options: ExploreOptions<Subject>,
  setup: (w: World) => Promise<Subject> | Subject,
  { simulation, faults, failure }: Run,
): Promise<void> {
  // It stopped where it was refused, and the message says where that is.
  if (failure instanceof GuardError) return
  const again = await simulate(options, setup, simulation.seed, faults)
  if (again.simulation.hash !== simulation.hash)
    throw new DivergenceError(simulation.seed, simulation.verdict.trace, again.simulation.verdict.trace)
}

/** The failure with the fewest faults that still make it. */
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

/** What a search fails with: what is wrong, the faults that it takes, what led to it, and the line that gives it again. */
function failureOf({ simulation, faults, failure }: Run, drawn: number): Error {
  const { seed, verdict, hash } = simulation
  const invariant = failure instanceof InvariantError ? failure : null
  const said = failure instanceof Error ? failure.message : String(failure)
  const report = [
    verdict.report(invariant === null ? said : verdict.headline(), faults, needed(faults.length, drawn)),
    'to see it again:',
    `  explore({ …, runs: 1, seed: ${seed}, replay: ${JSON.stringify(faults)} }, …)`,
  ].join('\n')
  if (invariant !== null) return new InvariantError(invariant.violations, report, { seed, faults, hash })
  return new Error(report, { cause: failure })
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
