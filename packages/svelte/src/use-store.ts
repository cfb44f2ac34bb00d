import type { Store } from '@chat/store'
import { createSubscriber } from 'svelte/reactivity'

/** Members of a store's snapshot, which are read anew when they change, together with the store's actions. */
export type View<S extends Store<unknown>> = Readonly<Omit<ReturnType<S['snapshot']>, keyof S>> &
  Omit<S, 'subscribe' | 'snapshot'>

const trackers = new WeakMap<object, () => void>()

/** Returns the snapshot of a store. Effects and templates that read it run again after a change. */
export function read<Snapshot>(store: Store<Snapshot>): Snapshot {
  const track = trackers.get(store) ?? createSubscriber(store.subscribe)
  trackers.set(store, track)
  track()
  return store.snapshot()
}

/** Shows a store: `find` returns it, and `none` is the store without a room or a client. */
export function useStore<S extends Store<object>>(find: () => S, none: S): View<S> {
  const current = (): Record<string, (...rest: readonly unknown[]) => unknown> =>
    find() as unknown as Record<string, () => unknown>
  const { subscribe: _, snapshot, ...actions } = none
  const view = {}
  for (const name of Object.keys(snapshot()).filter((name) => !(name in actions)))
    Object.defineProperty(view, name, {
      enumerable: true,
      get: () => (read(find()) as Record<string, unknown>)[name],
    })
  for (const name of Object.keys(actions))
    Object.defineProperty(view, name, {
      enumerable: true,
      value: (...rest: readonly unknown[]) => current()[name]?.(...rest),
    })
  return view as View<S>
}
