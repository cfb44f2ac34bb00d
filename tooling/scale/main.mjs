// Counts what the real hub does at a modelled broker, on up to 50 nodes under virtual time, and draws the counts.
//   npm run scale                      runs everything (some minutes, up to 8 GB), writes docs/scale.json, the charts and the tables
//   npm run scale -- --only storm      runs one experiment again, and keeps the others
//   npm run scale -- --plot            only draws the charts again
//   npm run scale -- --check           runs the small sizes, and compares them with docs/scale.json
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import { build } from 'esbuild'
import { fillTables } from '../charts/fill-tables.mjs'
import { run } from '../processes.mjs'
import { chartsOf } from './charts.mjs'
import { runs } from './runs.mjs'
import { tables } from './tables.mjs'

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    plot: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
})
const results = resolve('docs/scale.json')
const page = resolve('docs/guides/scaling.md')

if (options.only !== undefined && !(options.only in runs)) {
  console.error(`scale: no experiment '${options.only}'; there are: ${Object.keys(runs).join(', ')}`)
  process.exit(1)
}
if (!options.plot) {
  mkdirSync('.simulate', { recursive: true })
  const folder = mkdtempSync(resolve('.simulate', 'scale-'))
  try {
    const program = await bundle(folder)
    if (options.check) process.exitCode = (await check(program)) ? 0 : 1
    else await runAll(program)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
if (!options.check) draw()

async function bundle(folder) {
  const outfile = `${folder}/scale.mjs`
  await build({
    entryPoints: ['packages/testing/scenarios/scale/main.ts'],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@chat/source'],
    outfile,
    logLevel: 'error',
  })
  return outfile
}

async function runAll(program) {
  const wanted = options.only === undefined ? Object.keys(runs) : [options.only]
  for (const name of wanted) {
    const measured = []
    for (const size of runs[name]) measured.push(await measure(program, name, size))
    write({ ...read(), [name]: measured })
  }
}

/** Runs the smallest size of each experiment: the counts must be those that are committed. */
async function check(program) {
  let same = true
  for (const [name, [size]] of Object.entries(runs)) {
    const [committed] = read()[name] ?? []
    if (isDeepStrictEqual(await measure(program, name, size), committed)) continue
    same = false
    console.error(
      `scale: the counts of ${name} ${JSON.stringify(size)} have changed; npm run scale -- --only ${name}`,
    )
  }
  return same
}

/** One run at a time: the largest take gigabytes. */
async function measure(program, name, size) {
  const start = performance.now()
  const args = ['--max-old-space-size=12000', program, name, JSON.stringify(size)]
  const { ok, stdout, output } = await run(process.execPath, args, { timeout: 0 })
  if (!ok) throw new Error(`unable to run ${name} ${JSON.stringify(size)}:\n${output}`)
  console.log(`${name} ${JSON.stringify(size)}: ${((performance.now() - start) / 1_000).toFixed(1)} s`)
  return JSON.parse(stdout)
}

function draw() {
  const counted = read()
  const missing = Object.keys(runs).filter((name) => !(name in counted))
  if (missing.length > 0) return console.log(`scale: no charts without the counts of ${missing.join(', ')}`)
  for (const [name, svg] of Object.entries(chartsOf(counted))) writeFileSync(`docs/images/${name}.svg`, svg)
  const filled = Object.entries(tables).map(([name, table]) => [name, () => table(counted)])
  writeFileSync(page, fillTables(readFileSync(page, 'utf8'), 'scale', Object.fromEntries(filled)))
}

function read() {
  try {
    return JSON.parse(readFileSync(results, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return {}
    throw error
  }
}

/** Writes a line for each run, so that a change shows the runs that it changed. */
function write(all) {
  const experiments = Object.keys(runs)
    .filter((name) => name in all)
    .map(
      (name) => `${JSON.stringify(name)}: [\n${all[name].map((one) => JSON.stringify(one)).join(',\n')}\n]`,
    )
  writeFileSync(results, `{\n${experiments.join(',\n')}\n}\n`)
}
