const beyondAscii = /[\u0080-\uffff]/

/**
 * Returns the size of a text in UTF-8 without encoding it: core runs where there is no `TextEncoder`, and the
 * hot path must not allocate. A lone surrogate counts as the three bytes of U+FFFD that replace it on the
 * wire.
 */
export function utf8Length(text: string): number {
  let bytes = text.length
  // Most texts are ASCII, and the platform's search takes a third of the time of the loop.
  let i = text.search(beyondAscii)
  for (; i >= 0 && i < text.length; i++) {
    if (text.charCodeAt(i) < 0x80) continue
    const point = text.codePointAt(i) ?? 0
    bytes += point < 0x800 ? 1 : 2
    if (point > 0xffff) i++
  }
  return bytes
}

/**
 * Tells if a text is larger than `limit` bytes of UTF-8. Looks at the characters only if the length leaves
 * doubt.
 */
export function exceedsBytes(text: string, limit: number): boolean {
  if (text.length > limit) return true
  return text.length * 3 > limit && utf8Length(text) > limit
}

/**
 * Returns the longest prefix of a text that is at most `limit` bytes of UTF-8 and does not cut a character.
 */
export function cutBytes(text: string, limit: number): string {
  let bytes = 0
  let cut = ''
  for (const character of text) {
    bytes += utf8Length(character)
    if (bytes > limit) break
    cut += character
  }
  return cut
}

// A constant: bundlers rewrite the class to a call of `new RegExp`, which would run for each message.
const unclean = /\p{Control}|\p{Surrogate}/u

/**
 * Tells if a text can be written as UTF-8 and holds no control characters (U+0000–001F, U+007F–009F).
 */
export function isCleanText(text: string): boolean {
  return !unclean.test(text)
}

/** Tells if a value is a name: 1 to `limit` bytes of text without control characters. */
export function isName(name: unknown, limit = 255): boolean {
  return typeof name === 'string' && name !== '' && !exceedsBytes(name, limit) && isCleanText(name)
}

const loneSurrogate = /\p{Surrogate}/u

/** Tells if a text can be written as UTF-8: it holds no half of a character. */
export function isWellFormed(text: string): boolean {
  return !loneSurrogate.test(text)
}

/**
 * Returns a text that can be shown in a line of a log: each control character, line separator and change of the
 * writing direction becomes a space.
 */
export function printable(text: string): string {
  return text.replace(unprintable, ' ')
}

/**
 * Returns the message of an error, or any other value that was thrown, as a text for a line of a log. Never throws:
 * the properties of an application's error may.
 */
export function reasonOf(error: unknown): string {
  try {
    // An error of another window is no instance of this one's class.
    const { message = error } = Object(error) as { readonly message?: unknown }
    return printable(String(message))
  } catch {
    return 'an error that cannot be read'
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/gu

/**
 * Returns the bytes that a text takes in memory, without its header: one for each character, or two when any
 * of them is outside of Latin-1.
 */
export function heapBytes(text: string): number {
  return wide.test(text) ? text.length * 2 : text.length
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is the first character of Latin-1
const wide = /[^\u0000-\u00ff]/
