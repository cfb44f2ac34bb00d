/** Longer ones are told apart by their beginning, end, length and a hash. */
const wholeUpTo = 256

/** A transmission as logs hold it: two of them have the same gist only when they are the same, by all odds. */
export function excerptOf(text: string): string {
  if (text.length <= wholeUpTo) return text
  let hash = 2166136261
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619)
  return `${text.slice(0, 24)}…${text.slice(-8)} (${text.length} characters, ${(hash >>> 0).toString(36)})`
}
