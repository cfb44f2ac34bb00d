import type { Store } from '@chat/store'
import {
  type ComputedRef,
  computed,
  getCurrentInstance,
  onMounted,
  type Ref,
  type ShallowRef,
  shallowRef,
  watch,
} from 'vue'

type SnapshotOf<S extends Store<unknown>> = ReturnType<S['snapshot']>

/** Members of a store's snapshot as refs, together with its actions. */
export type View<S extends Store<unknown>> = {
  readonly [Name in Exclude<keyof SnapshotOf<S>, keyof S>]: Readonly<Ref<SnapshotOf<S>[Name]>>
} & Omit<S, 'subscribe' | 'snapshot'>

/**
 * Returns the snapshot of a store that may change, while the present scope lives. A component begins with the
 * snapshot of `none` until it is mounted: a server shows that, because it has no client.
 */
export function useSnapshot<Snapshot>(
  store: ComputedRef<Store<Snapshot>>,
  none: Snapshot,
): ShallowRef<Snapshot> {
  const shown = shallowRef(none) as ShallowRef<Snapshot>
  const follow = (): void => {
    watch(
      store,
      ({ subscribe, snapshot }, _, onCleanup) => {
        const update = (): void => {
          shown.value = snapshot()
        }
        onCleanup(subscribe(update))
        update()
      },
      { immediate: true, flush: 'sync' },
    )
  }
  if (getCurrentInstance() === null) follow()
  else onMounted(follow)
  return shown
}

/** Shows a store: `find` returns it, and `none` is the store without a room or a client. */
export function useStore<S extends Store<object>>(find: () => S, none: S): View<S> {
  const store = computed(find)
  const { subscribe: _, snapshot, ...actions } = none
  const shown = useSnapshot<object>(store, snapshot())
  const view: Record<string, unknown> = {}
  for (const name of Object.keys(snapshot()))
    view[name] = computed(() => (shown.value as Record<string, unknown>)[name])
  for (const name of Object.keys(actions))
    view[name] = (...rest: readonly unknown[]) =>
      (store.value as unknown as Record<string, (...rest: readonly unknown[]) => unknown>)[name]?.(...rest)
  return view as View<S>
}
