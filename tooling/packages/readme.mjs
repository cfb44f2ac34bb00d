// What the README of a package says: its blocks, and what it tells people to install.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The fenced blocks of a README, `{ language, text, hidden }`, in their order; `hidden` are the lines that check-guides.mjs puts before them. */
export function blocks(folder) {
  const text = readFileSync(join(folder, 'README.md'), 'utf8')
  return [...text.matchAll(/(?:^<!-- ts\n(.*?)^-->\n+)?^```(\w+)([^\n]*)\n(.*?)^```$/gms)]
    .filter(([, , , flags]) => !/\bignore\b/.test(flags))
    .map(([, hidden = '', language, , text]) => ({ language, text, hidden }))
}

/** The first block in a language that has a text in it; an error when there is none. */
export function block(folder, language, part = '') {
  const found = blocks(folder).find((one) => one.language === language && one.text.includes(part))
  if (found === undefined) throw new Error(`${folder}/README.md has no ${language} block with "${part}"`)
  return found.text
}
