import type { Cluster } from './cluster.ts'
import type { BackplaneHarness, BackplaneLack, BackplaneStartOptions } from './harness.ts'

/** One obligation of a backplane. */
export interface BackplaneCase {
  readonly name: string
  /** What it needs besides two nodes. */
  readonly needs?: readonly (BackplaneLack | 'reverseReads' | 'reliableHints')[]
  /** How the store behaves. */
  readonly options?: Partial<BackplaneStartOptions>
  run(cluster: Cluster): Promise<unknown>
}

/** Why a case cannot be shown; `null` when it can. */
export function skipReason(
  { lacks = {}, capabilities }: BackplaneHarness,
  { needs = [] }: BackplaneCase,
): string | null {
  for (const need of needs) {
    if (need === 'reverseReads' || need === 'reliableHints') {
      if (!capabilities[need]) return `the backplane declares that it lacks ${need}`
    } else if (lacks[need] !== undefined) return lacks[need]
  }
  return null
}
