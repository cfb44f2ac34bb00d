/** Longer ones are told apart by their length, their beginning and a hash. */
const wholeUpTo = 256

/** A transmission as logs hold it: two of them have the same gist only when they are the same, by all odds. */
export function gist(text: string): string {
  if (text.length <= wholeUpTo) return text
  let [a, b] = [2166136261, 5381]
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    a = Math.imul(a ^ unit, 16777619)
    b = Math.imul(b, 33) ^ unit
  }
  return `${text.slice(0, 24)}… ${text.length} characters, ${(a >>> 0).toString(36)}${(b >>> 0).toString(36)}`
}
