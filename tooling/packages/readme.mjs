// Reads the code blocks of a package's README.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Returns the fenced blocks of a README, `{ language, text, hidden }`, in their order. `hidden` has the lines
 * that guides.mjs puts before the block.
 */
export function blocks(folder) {
  const text = readFileSync(join(folder, 'README.md'), 'utf8')
  return [...text.matchAll(/(?:^<!-- ts\n(.*?)^-->\n+)?^```(\w+)([^\n]*)\n(.*?)^```$/gms)]
    .filter(([, , , flags]) => !/\bignore\b/.test(flags))
    .map(([, hidden = '', language, , text]) => ({ language, text, hidden }))
}

/** Returns the first block in a language that contains a text. @throws Error when there is no such block. */
export function block(folder, language, part = '') {
  const found = blocks(folder).find((one) => one.language === language && one.text.includes(part))
  if (found === undefined) throw new Error(`${folder}/README.md has no ${language} block with "${part}"`)
  return found.text
}
