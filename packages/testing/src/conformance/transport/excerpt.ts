/**
 * Maximum length of a text that is kept whole; a longer text is told apart by its beginning, end, length and
 * hash.
 */
const wholeUpTo = 256

/**
 * Returns a transmission as the records of events hold it: two different transmissions practically never have
 * the same excerpt.
 */
export function excerptOf(text: string): string {
  if (text.length <= wholeUpTo) return text
  let hash = 2166136261
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619)
  return `${text.slice(0, 24)}…${text.slice(-8)} (${text.length} characters, ${(hash >>> 0).toString(36)})`
}
