import { ConformanceError } from '../check.ts'
import type { Cluster } from './cluster.ts'
import type { BackplaneBench, BackplaneHarness, BackplaneLack, BackplaneStartOptions } from './harness.ts'

/** An obligation of a backplane. */
export interface BackplaneCase {
  readonly name: string
  /** Means and capabilities that the case needs besides two nodes. */
  readonly needs?: readonly (BackplaneLack | 'reverseReads' | 'connected hints')[]
  /** Options of the store. */
  readonly options?: Partial<BackplaneStartOptions>
  run(cluster: Cluster): Promise<unknown>
}

/** Methods of a bench that a harness may lack. */
const means = ['advance', 'forget', 'outage', 'wipe', 'loseAnswer', 'rollback', 'leftovers'] as const

/** @throws ConformanceError when the bench lacks a method that a case needs. */
export function checkMeans(bench: BackplaneBench, { needs = [] }: BackplaneCase): void {
  for (const name of means)
    if (needs.includes(name) && bench[name] === undefined)
      throw new ConformanceError(`the bench has no \`${name}\`: name it in \`lacks\`, with the reason`)
}

/** Returns the reason for which a case cannot run; `null` when it can. */
export function skipReason(
  { lacks = {}, capabilities }: BackplaneHarness,
  { needs = [] }: BackplaneCase,
): string | null {
  for (const need of needs) {
    if (need === 'reverseReads') {
      if (!capabilities.reverseReads) return 'the backplane declares that it lacks reverseReads'
    } else if (need === 'connected hints') {
      if (capabilities.hints === 'lossy') return 'the backplane declares that its hints are lossy'
    } else if (lacks[need] !== undefined) return lacks[need]
  }
  return null
}
