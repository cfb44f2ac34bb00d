/**
 * Leaves out what is not needed, first many at once, then one by one, until nothing more can go.
 *
 * @internal
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
    // One that was needed may not be without one that came after it.
    if (size === 1 && kept.length === before) break
    size = Math.ceil(size / 2)
  }
  return kept
}
