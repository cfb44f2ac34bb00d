import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/**
 * The processors of each kind of process, as `taskset` takes them: the nodes on some, the brokers and the load on
 * others. `null` where processes cannot be pinned.
 */
export function placement(pin) {
  const cores = availableParallelism()
  const possible = pin && cores > 1 && spawnSync('taskset', ['-V'], { stdio: 'ignore' }).status === 0
  if (!possible) return { nodes: [null, null], broker: null, load: null }
  if (cores < 4) return { nodes: ['0', '0'], broker: '1', load: '1' }
  return { nodes: ['0', '1'], broker: '2', load: '3' }
}
