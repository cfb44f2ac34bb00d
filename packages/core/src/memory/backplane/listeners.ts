import type { Undo } from '../../runtime/runtime.ts'

/**
 * Adds a listener under a name; a name that nobody listens to any more costs nothing.
 *
 * @internal
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
