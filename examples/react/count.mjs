// Counts the lines of code of this example: `npm run count`. Blank lines, comments, imports, lines of brackets alone,
// styles and tests do not count. Glue is the code of `src` that is no component: the files `src/*.ts`.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const limits = { all: 400, glue: 40 }
const folder = fileURLToPath(new URL('.', import.meta.url))
const counted = ['', 'src/'].flatMap((place) =>
  readdirSync(folder + place)
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => [place + name, linesOf(readFileSync(folder + place + name, 'utf8'))]),
)
const all = sum(counted)
const glue = sum(counted.filter(([file]) => /^src\/.*\.ts$/.test(file)))

for (const [file, lines] of counted) console.log(`${String(lines).padStart(5)}  ${file}`)
console.log(
  `${String(all).padStart(5)}  in all, at most ${limits.all}; of these ${glue} of glue, at most ${limits.glue}`,
)
if (all > limits.all || glue > limits.glue) process.exitCode = 1

function linesOf(source) {
  const code = source.replace(/^import (?:[^'"]* from )?['"].*\n/gm, '')
  return code.split('\n').filter((line) => !/^\s*(?:\/\/|\/?\*)/.test(line) && isCode(line)).length
}

/** Tells if a line has more than brackets and closing tags. */
function isCode(line) {
  return /\w/.test(line.replace(/<\/\w*>/g, ''))
}

function sum(found) {
  return found.reduce((total, [, lines]) => total + lines, 0)
}
