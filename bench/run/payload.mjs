const padding = '.'.repeat(200)

/** A payload whose JSON has 128 bytes. */
export function payload(n) {
  const start = `{"n":${n},"text":"`
  return `${start}${padding.slice(0, 128 - start.length - 2)}"}`
}
