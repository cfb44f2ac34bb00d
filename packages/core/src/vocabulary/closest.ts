/** Most edits between a misspelt name and the name that was meant. */
const mostEdits = 2

/**
 * Returns the end of an error about a name that does not exist: the known name that is spelt most alike, as a
 * question; without such a name, the first that begins with it; empty when no name is alike.
 */
export function didYouMean(name: string, known: readonly string[]): string {
  let best: string | null = null
  let least = Math.min(mostEdits, Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    const edits = editsBetween(name.toLowerCase(), candidate.toLowerCase())
    if (edits >= least) continue
    least = edits
    best = candidate
  }
  best ??= name.length < 3 ? null : (known.find((candidate) => candidate.startsWith(name)) ?? null)
  return best === null ? '' : `; did you mean '${best}'?`
}

/** Counts the letters to insert, delete or replace until two texts are equal; two swapped letters count as one. */
function editsBetween(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const [above = [], before = []] = [rows[i - 1], rows[i - 2]]
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      const edits = [(above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + (same ? 0 : 1)]
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) edits.push((before[j - 2] ?? 0) + 1)
      row.push(Math.min(...edits))
    }
    rows.push(row)
  }
  return rows[a.length]?.[b.length] ?? 0
}
