import type { Store } from '@chat/store'
import { useMemo, useSyncExternalStore } from 'react'

/** Snapshot of a store, together with its actions. */
export type View<S extends Store<unknown>> = Omit<ReturnType<S['snapshot']>, keyof S> &
  Omit<S, 'subscribe' | 'snapshot'>

/**
 * Shows a store. On a server, and while a page takes over what a server has rendered, the component shows `none`: a
 * server has no client.
 */
export function useStore<S extends Store<object>>(store: S, none: Store<object>): View<S> {
  const snapshot = useSyncExternalStore<object>(store.subscribe, store.snapshot, none.snapshot)
  return useMemo(() => {
    const { subscribe: _, snapshot: __, ...actions } = store
    return { ...snapshot, ...actions } as View<S>
  }, [store, snapshot])
}
