// Runs every check except the tests, in parallel, and stops at no failure. The summary at the end lists the
// result and the duration of each. `npm run check -- lint rules` runs only the named checks.
import { ensureInstalled } from '../installed.mjs'
import { run, seconds } from '../processes.mjs'
import { root } from '../repository.mjs'
import { sideBySide } from '../side-by-side.mjs'

/** npm scripts with the checks whose output they read; the longest first. */
const steps = {
  build: [],
  typecheck: [],
  guides: [],
  docs: ['typecheck'],
  'lint:pkg': ['build'],
  api: ['build'],
  size: ['build'],
  lint: [],
  knip: [],
  imports: [],
  rules: [],
  words: [],
  capabilities: [],
}

/** Options that keep a check from changing files. */
const options = { capabilities: ['--', '--check'] }

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in steps))
if (unknown.length > 0) {
  console.error(`check: no such check: ${unknown.join(', ')}; there are: ${Object.keys(steps).join(', ')}`)
  process.exit(1)
}

// Several checks need it, and none may install it while another does.
ensureInstalled('checkers')

const chosen = Object.keys(steps).filter((name) => wanted.length === 0 || wanted.includes(name))
const running = new Map()
const results = await sideBySide(chosen, (name) => {
  const needed = steps[name].map((other) => running.get(other))
  const result = Promise.all(needed).then(() => check(name))
  running.set(name, result)
  return result
})
console.log('\ncheck:')
for (const { name, ok, seconds } of results) console.log(`  ${ok ? 'ok    ' : 'FAILED'} ${name} ${seconds} s`)
process.exit(results.every(({ ok }) => ok) ? 0 : 1)

/** Runs a check, and prints its whole output when it ends, because checks run in parallel. */
async function check(name) {
  const start = performance.now()
  const args = ['run', '--silent', name, ...(options[name] ?? [])]
  const { ok, output } = await run('npm', args, { cwd: root, timeout: 0 })
  console.log(`\n> ${name}\n${output}`)
  return { name, ok, seconds: seconds(start) }
}
