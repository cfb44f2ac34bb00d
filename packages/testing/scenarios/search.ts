import { type ExploreOptions, type ExploreReport, explore, type FaultKind, type World } from '@chat/testing'
import type { Cluster } from './cluster/cluster.ts'
import { commonChecks, noLogDiverges } from './cluster/final-checks.ts'

/** A search that CI and the nightly run make: one kind of trouble, and what must hold in it. */
export interface Search {
  readonly name: string
  readonly setup: (w: World) => Promise<Cluster>
  readonly workload: (cluster: Cluster) => Promise<void>
  /** What must hold in the end, besides the world's own invariants and the usual. */
  readonly check?: (cluster: Cluster) => Promise<void> | void
  readonly options: Pick<
    ExploreOptions<Cluster>,
    'most' | 'within' | 'lasting' | 'latency' | 'backplaneLatency'
  > & { readonly faults: readonly FaultKind[] }
  /** What must come about in two hundred seeds, or the search is not worth much. */
  readonly situations: readonly string[]
}

/** From so many seeds on a search must have come across everything it is for. */
const telling = 200

/** What {@link explore} needs to make a search. */
export const optionsOf = ({ workload, check, options }: Search): ExploreOptions<Cluster> => ({
  ...options,
  workload: (_, cluster) => workload(cluster),
  check: async (_, cluster) => {
    await commonChecks(cluster)
    if (!options.faults.includes('rollback')) noLogDiverges(cluster)
    await check?.(cluster)
  },
})

/** Makes a search over some seeds. */
export const run = (
  search: Search,
  seeds: Pick<ExploreOptions<Cluster>, 'seed' | 'progress'> & { readonly runs: number },
): Promise<ExploreReport> => {
  const situations = seeds.runs < telling ? [] : search.situations
  return explore({ ...optionsOf(search), ...seeds, situations }, search.setup)
}
