import type { KeyedSets } from '../../runtime/keyed-sets.ts'
import type { Undo } from '../../runtime/runtime.ts'

/**
 * Adds a listener under a name. A name without listeners takes no memory.
 */
export function addListener<T extends object>(listeners: KeyedSets<T>, name: string, listener: T): Undo {
  listeners.add(name, listener)
  return () => listeners.delete(name, listener)
}
