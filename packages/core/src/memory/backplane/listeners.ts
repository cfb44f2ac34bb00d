import type { Undo } from '../../runtime/runtime.ts'

/**
 * Adds a listener under a name. A name without listeners takes no memory.
 */
export function addListener<T>(listeners: Map<string, Set<T>>, name: string, listener: T): Undo {
  const own = listeners.get(name) ?? new Set<T>()
  listeners.set(name, own)
  own.add(listener)
  return () => {
    own.delete(listener)
    if (own.size === 0 && listeners.get(name) === own) listeners.delete(name)
  }
}
