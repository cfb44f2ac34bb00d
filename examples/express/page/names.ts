import { isName } from '@chat/core'

/** Longest name, in characters. */
export const longestName = 40

/** Returns a name as the server takes it, or `null`: any letters, spaces and emoji will do. */
export function toName(text: string): string | null {
  const name = text.normalize('NFC').trim().replace(/\s+/g, ' ')
  return isName(name) && Array.from(name).length <= longestName ? name : null
}

/** Returns one or two letters for an avatar: `Ada Lovelace` becomes AL. */
export function initials(name: string): string {
  const [first = '', second] = name.split(/[\s-]+/).map((word) => Array.from(word))
  return [first[0], second?.[0] ?? first[1]].join('').toUpperCase()
}

/** Returns the hue of a name in degrees, the same in every page. */
export function hueOf(name: string): number {
  let hash = 17
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619)
  return (hash >>> 16) % 360
}
