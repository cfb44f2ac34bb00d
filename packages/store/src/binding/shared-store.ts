import type { Store } from '../store.ts'

const storesByOwner = new WeakMap<object, Map<string, Store<unknown>>>()

/**
 * Returns the store that a room or a client has for `key`, or makes it. So components with the same question share a
 * store, and a component that is mounted again finds what it had. The stores of an owner live as long as the owner.
 *
 * @param key - Kind of the store, events and options, whatever makes the store another: as JSON, with functions as text.
 */
export function sharedStore<S extends Store<unknown>>(
  owner: object,
  key: readonly unknown[],
  make: () => S,
): S {
  const stores = storesByOwner.get(owner) ?? new Map<string, Store<unknown>>()
  storesByOwner.set(owner, stores)
  // A function is made anew by each render, so its text stands for it.
  const name = JSON.stringify(key, (_, value) => (typeof value === 'function' ? String(value) : value))
  const known = stores.get(name) as S | undefined
  if (known !== undefined) return known
  const made = make()
  stores.set(name, made)
  return made
}
