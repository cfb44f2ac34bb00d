/** The value in the middle; `null` without values. */
export function median(values) {
  const known = values.filter((value) => value !== null && Number.isFinite(value)).sort((a, b) => a - b)
  if (known.length === 0) return null
  const middle = known.length >> 1
  return known.length % 2 === 1 ? known[middle] : (known[middle - 1] + known[middle]) / 2
}

/** Median, smallest and largest value; `null` without values. */
export function spread(values) {
  const known = values.filter((value) => value !== null && Number.isFinite(value))
  if (known.length === 0) return null
  return { median: median(known), min: Math.min(...known), max: Math.max(...known) }
}
