// Runs every check but the tests, in order, and stops at none: the end says which failed and what each took.
// `npm run check -- lint rules` runs only the named ones.
import { spawnSync } from 'node:child_process'
import { root } from './packages.mjs'

/** npm scripts, in order: those after `build` read what it made. */
const steps = [
  'lint',
  'typecheck',
  'imports',
  'rules',
  'knip',
  'capabilities',
  'build',
  'lint:pkg',
  'api',
  'size',
  'docs',
  'guides',
]

/** What some of them are told, so that they change nothing. */
const options = { capabilities: ['--', '--check'] }

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !steps.includes(name))
if (unknown.length > 0) {
  console.error(`check: no such check: ${unknown.join(', ')}; there are: ${steps.join(', ')}`)
  process.exit(1)
}

const results = (wanted.length > 0 ? steps.filter((name) => wanted.includes(name)) : steps).map(run)
console.log('\ncheck:')
for (const { name, ok, seconds } of results) console.log(`  ${ok ? 'ok    ' : 'FAILED'} ${name} ${seconds} s`)
process.exit(results.every(({ ok }) => ok) ? 0 : 1)

function run(name) {
  console.log(`\n> ${name}`)
  const start = performance.now()
  const { status } = spawnSync('npm', ['run', '--silent', name, ...(options[name] ?? [])], {
    cwd: root,
    stdio: 'inherit',
  })
  return { name, ok: status === 0, seconds: ((performance.now() - start) / 1000).toFixed(1) }
}
