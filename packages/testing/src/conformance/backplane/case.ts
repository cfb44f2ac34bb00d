import type { Cluster } from './cluster.ts'
import type { BackplaneHarness, BackplaneLack, BackplaneStartOptions } from './harness.ts'

/** An obligation of a backplane. */
export interface BackplaneCase {
  readonly name: string
  /** Means and capabilities that the case needs besides two nodes. */
  readonly needs?: readonly (BackplaneLack | 'reverseReads' | 'connected hints')[]
  /** Options of the store. */
  readonly options?: Partial<BackplaneStartOptions>
  run(cluster: Cluster): Promise<unknown>
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
