// Runs tests in runtimes other than the current Node. Each part names its runtimes. A runtime that is not
// available is reported, and is a failure in CI. `npm run test:runtimes -- simulation` runs only the named
// parts.
import { rmSync } from 'node:fs'
import { seconds } from '../processes.mjs'
import * as bun from './bun.mjs'
import { out } from './bundles.mjs'
import * as deno from './deno.mjs'
import * as http from './http.mjs'
import * as runners from './runners.mjs'
import { findRuntime } from './runtimes.mjs'
import * as simulation from './simulation.mjs'
import * as units from './units.mjs'
import * as workerd from './workerd.mjs'

/**
 * The parts in their order. Each has `wants`, the names of its runtimes, and `test`, which takes the
 * available runtimes and resolves with `true` on success.
 */
const parts = { simulation, runners, units, bun, deno, workerd, http }

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in parts))
if (unknown.length > 0) {
  console.error(
    `test-runtimes: no such part: ${unknown.join(', ')}; there are: ${Object.keys(parts).join(', ')}`,
  )
  process.exit(1)
}

rmSync(out, { recursive: true, force: true })
const missing = new Set()
const failed = []
const chosen = Object.keys(parts).filter((one) => wanted.length === 0 || wanted.includes(one))
// The units take as long as all other parts together. The other parts mostly wait, and each reads bundles of
// the previous part.
const lanes = [chosen.filter((name) => name === 'units'), chosen.filter((name) => name !== 'units')]
await Promise.all(
  lanes.map(async (names) => {
    for (const name of names) if (!(await passes(name, parts[name]))) failed.push(name)
  }),
)
rmSync(out, { recursive: true, force: true })

if (missing.size > 0) console.log(`not available: ${[...missing].join(', ')}`)
if (failed.length > 0) console.log(`test-runtimes: FAILED: ${failed.join(', ')}`)
else console.log('test-runtimes: all passed')
process.exit(failed.length > 0 || (process.env.CI && missing.size > 0) ? 1 : 0)

async function passes(name, { wants, test }) {
  const there = [...new Set(wants)].map((one) => [one, findRuntime(one)])
  for (const [one, runtime] of there) if (runtime === null) missing.add(one)
  console.log(`\n> ${name}`)
  const start = performance.now()
  const ok = await test(there.flatMap(([, runtime]) => runtime ?? []))
  console.log(`< ${name}: ${ok ? 'passed' : 'FAILED'} in ${seconds(start)} s`)
  return ok
}
