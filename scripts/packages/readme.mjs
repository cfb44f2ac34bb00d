// What the README of a package says: its blocks, and what it tells people to install.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The fenced blocks of a README, `{ language, text }`, in their order. */
export function blocks(folder) {
  const text = readFileSync(join(folder, 'README.md'), 'utf8')
  return [...text.matchAll(/^```(\w+)([^\n]*)\n(.*?)^```$/gms)]
    .filter(([, , flags]) => !/\bignore\b/.test(flags))
    .map(([, language, , text]) => ({ language, text }))
}

/** The first block in a language that has a text in it; an error when there is none. */
export function block(folder, language, part = '') {
  const found = blocks(folder).find((one) => one.language === language && one.text.includes(part))
  if (found === undefined) throw new Error(`${folder}/README.md has no ${language} block with "${part}"`)
  return found.text
}
