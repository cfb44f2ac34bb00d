import { type ExploreOptions, type ExploreReport, explore, type FaultKind, type World } from '@chat/testing'
import type { Town } from './cluster/cluster.ts'
import { noLogDiverges, theUsual } from './cluster/final-checks.ts'

/** A search that CI and the nightly run make: one kind of trouble, and what must hold in it. */
export interface Search {
  readonly name: string
  readonly town: (w: World) => Promise<Town>
  readonly days: (town: Town) => Promise<void>
  /** What must hold in the end, besides the world's own invariants and the usual. */
  readonly holds?: (town: Town) => Promise<void> | void
  readonly options: Pick<
    ExploreOptions<Town>,
    'most' | 'within' | 'lasting' | 'latency' | 'backplaneLatency'
  > & { readonly faults: readonly FaultKind[] }
  /** What must come about in two hundred seeds, or the search is not worth much. */
  readonly situations: readonly string[]
}

/** From so many seeds on a search must have come across everything it is for. */
const telling = 200

/** What {@link explore} needs to make a search. */
export const optionsOf = ({ days, holds, options }: Search): ExploreOptions<Town> => ({
  ...options,
  workload: (_, town) => days(town),
  check: async (_, town) => {
    await theUsual(town)
    if (!options.faults.includes('rollback')) noLogDiverges(town)
    await holds?.(town)
  },
})

/** Makes a search over some seeds. */
export const run = (
  search: Search,
  seeds: Pick<ExploreOptions<Town>, 'seed' | 'progress'> & { readonly runs: number },
): Promise<ExploreReport> => {
  const situations = seeds.runs < telling ? [] : search.situations
  return explore({ ...optionsOf(search), ...seeds, situations }, search.town)
}
