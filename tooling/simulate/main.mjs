// Searches seeds for a run that breaks a guarantee of delivery, on every core.
//   npm run simulate -- [--seeds 400] [--from 1] [--search name] [--quiet]
//       the unchanged code: no seed may fail
//   npm run simulate -- --mutants [--seeds 500] [--from 1] [--search name] [--only words]
//       the code without one defence at a time: for each, a seed of its search or its test must fail
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { sideBySide } from '../side-by-side.mjs'
import { judgeMutants } from './mutants.mjs'
import { bundle, run } from './searches.mjs'

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    search: { type: 'string' },
    only: { type: 'string', default: '' },
    quiet: { type: 'boolean', default: false },
    mutants: { type: 'boolean', default: false },
  },
})

mkdirSync('.simulate', { recursive: true })
const folder = mkdtempSync(resolve('.simulate', 'run-'))
try {
  process.exitCode = (await (options.mutants ? judgeMutants(folder, options) : searchSeeds())) ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
  if (readdirSync('.simulate').length === 0) rmSync('.simulate', { recursive: true })
}

async function searchSeeds() {
  const file = await bundle(folder)
  const names = (await run(file, ['--list'])).output.trim().split('\n')
  const wanted = names.filter((name) => options.search === undefined || name === options.search)
  if (wanted.length === 0)
    throw new RangeError(
      `unable to search: there is no search '${options.search}'; there are: ${names.join(', ')}`,
    )
  const each = Math.max(1, Math.ceil(Number(options.seeds ?? 400) / wanted.length))
  const start = performance.now()
  const totals = { seeds: 0, steps: 0, time: 0, elapsed: 0 }
  const results = await sideBySide(wanted, async (search) => {
    const args = ['--search', search, '--seeds', String(each), '--from', options.from]
    const { status, output } = await run(file, options.quiet ? args : [...args, '--progress', '100'], {
      heard: tell,
    })
    if (status !== 0) return false
    const figures = JSON.parse(output.trim().split('\n').at(-1))
    for (const name of Object.keys(totals)) totals[name] += figures[name]
    const situations = options.quiet ? [] : figures.situations
    const lines = situations.map(([situation, count]) => `  ${situation}: in ${count} of ${each}`)
    console.log([summary(search, figures), ...lines].join('\n'))
    return true
  })
  const passed = results.every(Boolean)
  const seconds = ((performance.now() - start) / 1_000).toFixed(0)
  if (passed)
    console.log(
      `${summary(`${wanted.length} searches`, totals)}; ${seconds} s on ${availableParallelism()} cores`,
    )
  return passed
}

/** Summarizes a search. Durations are processor time, so that other processes of the machine do not count. */
function summary(name, { seeds, steps, time, elapsed }) {
  const hours = (time / 3_600_000).toFixed(1)
  const rate = Math.round(steps / (elapsed / 1_000))
  const each = ((elapsed * 300_000) / time).toFixed(0)
  return `${name}: ${seeds} seeds, 0 failures, ${hours} virtual hours, ${rate} events/s, ${each} ms for five minutes`
}

/** Prints the progress of a search, without its figures. */
function tell(text) {
  for (const line of text.split('\n')) if (line !== '' && !line.startsWith('{"seeds"')) console.log(line)
}
