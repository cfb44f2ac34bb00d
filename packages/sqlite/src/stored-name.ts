// biome-ignore lint/suspicious/noControlCharactersInRegex: SQLite ends a text at U+0000
const awkward = /[\u0000-\u001f"\\\ud800-\udfff]/

/**
 * Returns a name as it is stored: unchanged, or with the escapes of JSON. SQLite ends a text at U+0000 and
 * cannot hold a lone surrogate. Two names are never stored as the same text.
 */
export const encodeName = (name: string): string =>
  awkward.test(name) ? JSON.stringify(name).slice(1, -1) : name

/** Returns the name that was stored as this text. */
export const decodeName = (stored: string): string =>
  stored.includes('\\') ? JSON.parse(`"${stored}"`) : stored
