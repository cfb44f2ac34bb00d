// Searches seeds for a run that breaks a promise of delivery, on every core.
//   npm run simulate -- [--seeds 400] [--from 1] [--search name] [--quiet]    the code as it is: no seed may fail
//   npm run simulate -- --mutants [--seeds 500] [--search name]               with one defence removed after the other: some seed must fail for each
// The sources are bundled, so that a mutant is a changed line in the bundle and never one on disk.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    search: { type: 'string' },
    quiet: { type: 'boolean', default: false },
    mutants: { type: 'boolean', default: false },
  },
})
/** After so many milliseconds a search that has found nothing never will: the mutant goes in circles. */
const patience = 60_000

mkdirSync('.simulate', { recursive: true })
const folder = mkdtempSync(resolve('.simulate', 'run-'))
try {
  process.exitCode = (await (options.mutants ? searchMutants() : searchSeeds())) ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function searchSeeds() {
  const file = await bundle(null)
  const { output } = await run(file, ['--list'])
  const names = output.trim().split('\n')
  if (options.search !== undefined && !names.includes(options.search))
    throw new RangeError(`unable to search: there is no '${options.search}'; there are ${names.join(', ')}`)
  const wanted = names.filter((name) => options.search === undefined || name === options.search)
  const each = Math.max(1, Math.ceil(Number(options.seeds ?? 400) / wanted.length))
  const start = performance.now()
  const totals = { seeds: 0, steps: 0, time: 0, elapsed: 0 }
  const passed = await sideBySide(wanted, async (search) => {
    const args = ['--search', search, '--seeds', String(each), '--from', options.from]
    const { status, output } = await run(file, options.quiet ? args : [...args, '--progress'], tell)
    if (status !== 0) return false
    const figures = JSON.parse(output.trim().split('\n').at(-1))
    for (const name of Object.keys(totals)) totals[name] += figures[name]
    console.log(summary(search, figures))
    if (!options.quiet)
      for (const [situation, count] of figures.situations)
        console.log(`  ${situation}: in ${count} of ${each}`)
    return true
  })
  const seconds = ((performance.now() - start) / 1_000).toFixed(1)
  if (passed)
    console.log(`${summary(`${wanted.length} searches`, totals)}; ${seconds} s on ${workers()} cores`)
  return passed
}

function summary(name, { seeds, steps, time, elapsed }) {
  const rate = Math.round(steps / (elapsed / 1_000))
  const hours = (time / 3_600_000).toFixed(1)
  return `${name}: ${seeds} seeds, 0 failures, ${hours} virtual hours, ${rate} events/s, ${((elapsed * 300_000) / time).toFixed(0)} ms for five minutes`
}

async function searchMutants() {
  const all = JSON.parse(readFileSync('packages/testing/scenarios/mutants.json', 'utf8'))
  const mutants = all.filter(({ search }) => options.search === undefined || search === options.search)
  const start = performance.now()
  let survivors = 0
  await sideBySide(mutants, async (mutant) => {
    const { name, search } = mutant
    const args = ['--search', search, '--seeds', options.seeds ?? '500', '--from', options.from]
    const { status, output, seconds } = await run(await bundle(mutant), args)
    if (status === 0) survivors++
    console.log(
      `${status === 0 ? 'SURVIVED' : 'caught  '} ${name} (${search}: ${verdict(status, output)}, ${seconds} s)`,
    )
    return true
  })
  const seconds = ((performance.now() - start) / 1_000).toFixed(0)
  console.log(`${mutants.length - survivors} of ${mutants.length} mutants caught in ${seconds} s`)
  if (survivors > 0)
    console.error(
      'a mutant that survives shows a defence that no seed needs, or a search that does not reach it',
    )
  return survivors === 0
}

/** By which seed, and by what. */
function verdict(status, output) {
  if (status === 0) return 'no seed'
  if (status === null) return 'a run never ends'
  const seed = /seed (\d+)/.exec(output)?.[1] ?? '?'
  const what =
    /^(.+?) does not hold/m.exec(output)?.[1] ??
    /^(?:seed \d+: )?(.*)$/m.exec(output.split('FAILED\n')[1] ?? output)?.[1]
  return `seed ${seed}, ${what?.slice(0, 60)}`
}

/** Bundles the searches, with one defence removed. */
async function bundle(mutant) {
  const outfile = join(folder, `${(mutant?.name ?? 'whole').replaceAll(/\W+/g, '-')}.mjs`)
  const left = new Set(mutant === null ? [] : [mutant.file])
  const plugin = {
    name: 'mutant',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (mutant === null || !path.replaceAll('\\', '/').endsWith(`packages/${mutant.file}`))
          return undefined
        const source = readFileSync(path, 'utf8')
        if (source.split(mutant.find).length === 2) left.delete(mutant.file)
        return { contents: source.replace(mutant.find, () => mutant.replace), loader: 'ts' }
      })
    },
  }
  await build({
    entryPoints: ['packages/testing/scenarios/main.ts'],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@chat/source'],
    outfile,
    logLevel: 'error',
    plugins: [plugin],
  })
  if (left.size > 0)
    throw new Error(
      `unable to make the mutant '${mutant.name}': ${mutant.file} does not have ${JSON.stringify(mutant.find)} once; bring packages/testing/scenarios/mutants.json up to date`,
    )
  return outfile
}

/** Runs a bundle to its end; what it tells on the way goes to `heard`. */
function run(file, args, heard = () => {}) {
  const start = performance.now()
  return new Promise((done) => {
    const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    const timer = options.mutants ? setTimeout(() => child.kill('SIGKILL'), patience) : undefined
    let output = ''
    const hear = (chunk) => {
      output += chunk
      heard(String(chunk))
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.on('close', (status) => {
      clearTimeout(timer)
      done({ status, output, seconds: ((performance.now() - start) / 1_000).toFixed(1) })
    })
  })
}

function tell(text) {
  for (const line of text.split('\n')) if (line !== '' && !line.startsWith('{"seeds"')) console.log(line)
}

function workers() {
  return availableParallelism()
}

/** Does all of them, as many at a time as there are cores; whether all went well. */
async function sideBySide(items, work) {
  const waiting = [...items]
  let fine = true
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift())
      fine = (await work(item)) && fine
  }
  await Promise.all(Array.from({ length: workers() }, worker))
  return fine
}
