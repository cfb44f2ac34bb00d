/** Returns a snapshot with the equal parts of the last snapshot, or the last snapshot if all parts are equal. */
export function renew<S extends { readonly items: readonly unknown[] }>(before: S | null, next: S): S {
  if (before === null) return next
  const { items } = before
  const same = items.length === next.items.length && items.every((item, i) => item === next.items[i])
  const renewed = same ? { ...next, items } : next
  const keys = Object.keys(next) as (keyof S)[]
  return keys.every((key) => before[key] === renewed[key]) ? before : renewed
}
