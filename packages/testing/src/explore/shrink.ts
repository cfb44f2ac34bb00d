/**
 * Removes items that a failure does not need, first many at once, then one by one, until every remaining item
 * is needed.
 *
 * @param items - All items of the failure.
 * @param enough - Resolves with `true` when the failure occurs with these items alone.
 */
export async function shrink<T>(
  items: readonly T[],
  enough: (fewer: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let kept = items
  for (let size = items.length; size > 0; ) {
    const before = kept.length
    for (let at = 0; at < kept.length; ) {
      const fewer = [...kept.slice(0, at), ...kept.slice(at + size)]
      if (await enough(fewer)) kept = fewer
      else at += size
    }
    // The removal of a later item can make an earlier item unnecessary, so single items are tried again.
    if (size === 1 && kept.length === before) break
    size = Math.ceil(size / 2)
  }
  return kept
}
