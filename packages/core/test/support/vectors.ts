import { readFileSync } from 'node:fs'

/** Returns the vectors of a file of `vectors/`. */
export function vectors<T>(name: string): T[] {
  const url = new URL(`../../vectors/${name}.json`, import.meta.url)
  return (JSON.parse(readFileSync(url, 'utf8')) as { vectors: T[] }).vectors
}

/** Returns a text for a test's title: short, and on one line. */
export const shown = (value: unknown): string => {
  const text = JSON.stringify(value)
  return text.length > 90 ? `${text.slice(0, 90)}… (${text.length})` : text
}
