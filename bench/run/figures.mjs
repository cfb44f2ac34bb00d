/** A figure with the digits that a reader needs; `–` without one. */
export function figure(value) {
  if (value === null) return '–'
  if (value >= 1_000) return String(Math.round(value))
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** A median with its spread. */
export const range = (spread) =>
  spread === null ? '–' : `${spread.median.toFixed(2)} (${spread.min.toFixed(2)}–${spread.max.toFixed(2)})`

/** A table as Markdown; the first column has texts. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [
    line(head),
    `|---|${head
      .slice(1)
      .map(() => '--:')
      .join('|')}|`,
    ...rows.map(line),
  ].join('\n')
}
