// The two measures of plain language: the beginnings of texts, and vague pronouns.

/** Words that make the reader wait for the subject when a text begins with them. */
const relative =
  /^(?:what|whatever|which|whichever|who|whoever|whom|whose|whether|how|however|why|where|wherever|whence)\b/i

/** Pronouns that name no thing, in every position. */
const always = new Set(
  `what whatever who whoever whom whose whosoever nobody somebody anybody everybody someone anyone
  something anything nothing everything ones others none`.split(/\s+/),
)

/**
 * Pronouns only where no noun follows: "one that waits" and "another." are pronouns, "one message" and
 * "another hub" are not.
 */
const alone = new Set(['one', 'another', 'other'])

/** Words that show, directly after a word of `alone`, that no noun follows. */
const noNounAfter = new Set(
  `that which who whose where is are was were be been has have had may might can could must will would shall should
  does do did gets goes comes takes waits asks says needs with without for from to into in on at by of off over under after before
  until while when if as and or but nor than then also only not never always alone too yet still already again at all itself
  more less here there now so because since though`.split(/\s+/),
)

/** Phrases in which a word is no pronoun: `one of them`, `one by one`, `Default: none`. */
const notPronouns =
  /\b(?:one (?:by|after|at|of)|one or (?:more|two|several|both)|each other|one another|exactly one|at least one|default(?: is)?:? none)\b/gi

/** Returns `true` when a text begins with a relative or interrogative pronoun. */
export function beginsRelative(text) {
  return relative.test(text.trimStart())
}

/** Returns the words of a text: `{ word, index }`. */
export function wordsOf(text) {
  return [...text.matchAll(/[A-Za-z][A-Za-z'’-]*/g)].map(({ 0: word, index }) => ({ word, index }))
}

/** Returns the vague pronouns of a text. */
export function vagueWords(text) {
  const plain = text.replace(notPronouns, (phrase) => '_'.repeat(phrase.length))
  const words = wordsOf(plain)
  return words.filter(({ word, index }, position) => {
    const lower = word.toLowerCase().replace(/['’]s$/, '')
    if (always.has(lower)) return true
    if (!alone.has(lower)) return false
    const rest = plain.slice(index + word.length)
    return !/^\s+[A-Za-z`_*]/.test(rest) || noNounAfter.has(words[position + 1]?.word.toLowerCase())
  })
}

/** Overwrites all matches with blanks, so that the remaining text keeps its position. */
export function blank(text, ...patterns) {
  return patterns.reduce(
    (left, pattern) => left.replace(pattern, (found) => found.replace(/[^\n]/g, ' ')),
    text,
  )
}

/** Overwrites code with a placeholder that counts as a noun, and quoted text with blanks. */
export function withoutCode(text) {
  const code = [/\{@\w+[^}]*\}/g, /`[^`]*`/g]
  const named = code.reduce(
    (left, pattern) => left.replace(pattern, (found) => found.replace(/[^\n]/g, '_')),
    text,
  )
  return blank(named, /"[^"\n]{0,200}"/g, /“[^”]{0,200}”/g)
}
