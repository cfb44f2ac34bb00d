import { type ExploreOptions, type ExploreReport, explore, type FaultKind, type World } from '@chat/testing'
import type { Cluster } from './cluster/cluster.ts'
import { commonChecks, noLogDiverges } from './cluster/final-checks.ts'

/** A search that CI and the nightly run make: a kind of trouble, and the conditions that must hold in it. */
export interface Search {
  readonly name: string
  readonly setup: (w: World) => Promise<Cluster>
  readonly workload: (cluster: Cluster) => Promise<void>
  /** Checks conditions at the end, besides the invariants of the world and the common checks. */
  readonly check?: (cluster: Cluster) => Promise<void> | void
  readonly options: Pick<
    ExploreOptions<Cluster>,
    'most' | 'within' | 'lasting' | 'recovery' | 'latency' | 'backplaneLatency' | 'log' | 'guard'
  > & { readonly faults: readonly FaultKind[] }
  /** `true` for a search of runs so short that the common checks would take most of their time. */
  readonly brief?: boolean
  /** Situations that must come about in two hundred seeds, or the search shows too little. */
  readonly situations: readonly string[]
}

/** Number of seeds from which on the situations must have come about. */
const telling = 200

/** Returns the options of {@link explore} for a search. */
export const optionsOf = ({ workload, check, options, brief = false }: Search): ExploreOptions<Cluster> => ({
  ...options,
  workload: (_, cluster) => workload(cluster),
  check: async (_, cluster) => {
    if (!brief) await commonChecks(cluster)
    if (!options.faults.includes('rollback')) noLogDiverges(cluster)
    await check?.(cluster)
  },
})

/** Makes a search over some seeds. */
export const run = (
  search: Search,
  seeds: Pick<ExploreOptions<Cluster>, 'seed' | 'progress' | 'guard'> & { readonly runs: number },
): Promise<ExploreReport> => {
  const situations = seeds.runs < telling ? [] : search.situations
  return explore({ ...optionsOf(search), ...seeds, situations }, search.setup)
}
