import { allFaults, type ExploreOptions, explore, type FaultKind } from '@chat/testing'
import { cluster, once, type Talk, talk } from './delivery.ts'

/** A search that CI and the nightly run make. */
export interface Search {
  readonly name: string
  readonly nodes: number
  readonly options: Omit<ExploreOptions<Talk>, 'runs' | 'seed' | 'workload' | 'progress'>
}

const network: readonly FaultKind[] = ['stall', 'reset', 'cut', 'refuse', 'slow', 'sleep']

/** From nothing going wrong to everything at once. */
export const searches: readonly Search[] = [
  { name: 'calm', nodes: 2, options: { faults: [] } },
  {
    name: 'one hub, synchronous',
    nodes: 1,
    options: { faults: [...network, 'crash', 'pause', 'trim'], backplaneLatency: 0 },
  },
  { name: 'two hubs', nodes: 2, options: { faults: allFaults } },
  { name: 'storm', nodes: 2, options: { faults: allFaults, most: 25, within: 80_000 } },
]

/** Runs one search over some seeds. */
export const run = (
  { nodes, options }: Search,
  seeds: Pick<ExploreOptions<Talk>, 'runs' | 'seed' | 'progress'>,
): ReturnType<typeof explore> =>
  explore({ ...options, ...seeds, workload: talk, check: once }, cluster(nodes))
