// Compares what a message costs here and elsewhere, in one run. `npm run bench -- --help` lists the options.
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ensureModules } from '../tooling/installed.mjs'
import { contenderNames } from './contenders/all.mjs'
import { allScenarios, plans } from './plans.mjs'
import { missingServers } from './run/servers.mjs'

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    size: { type: 'string' },
    receivers: { type: 'string' },
    only: { type: 'string' },
    scenarios: { type: 'string' },
    profile: { type: 'string' },
    sizing: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    plot: { type: 'boolean', default: false },
    'no-pin': { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(`npm run bench -- [options]
  --quick            some contenders and scenarios in under three minutes: 3 rounds of 0.3 seconds, and a fifth of
                     the connections. It names those that it leaves out
  --record           also writes docs/bench.json, the charts and the tables of docs/guides/performance.md:
                     4 rounds of 0.5 seconds, about ten minutes
  --plot             only draws the charts and tables of docs/bench.json again
  --rounds 7         rounds of each scenario
  --seconds 2        duration of each measurement
  --size 1           share of the connections in the scenarios that count connections
  --receivers 1000   clients at each node, in the scenarios with a crowd (with two nodes 200)
  --only a,b         contenders: ${contenderNames.join(', ')}
  --scenarios a,b    scenarios: ${allScenarios.join(', ')}
  --profile a        writes a CPU profile of each node of a contender to .bench/
  --sizing           measures only what messages, logs, sessions and members take at the brokers
  --no-pin           does not pin processes to processors
Writes .bench/latest.json and .bench/latest.md.`)
  process.exit(0)
}

ensureModules(fileURLToPath(new URL('.', import.meta.url)), 'bench')
const { bench } = await import('./run/bench.mjs')
const { bundlePackages } = await import('./run/packages.mjs')
const { measurePages } = await import('./pages/measure.mjs')
const { report } = await import('./run/report.mjs')
const { summarize } = await import('./run/summary.mjs')

if (values.sizing) {
  await requireServers(['chat-redis', 'chat-nats'])
  await bundlePackages(['chat-redis', 'chat-nats'])
  const { sizing, sizingReport } = await import('./run/sizing.mjs')
  console.log(sizingReport(await sizing(['redis', 'nats'])))
  process.exit(0)
}

if (values.plot) {
  await (await import('./record/record.mjs')).draw()
  process.exit(0)
}

const plan = plans[values.quick ? 'quick' : values.record ? 'record' : 'full']
const options = {
  rounds: Number(values.rounds ?? plan.rounds),
  freshRounds: Number(values.rounds ?? plan.freshRounds),
  seconds: Number(values.seconds ?? plan.seconds),
  size: Number(values.size ?? plan.size),
  receivers: values.receivers === undefined ? null : Number(values.receivers),
  contenders: chosen('only', values.only, { existing: contenderNames, usual: plan.contenders }),
  scenarios: chosen('scenarios', values.scenarios, { existing: allScenarios, usual: plan.scenarios }),
  /** The contenders that ratios compare with, by the number of nodes. */
  baselines: { 1: 'ws', 2: 'ws-redis' },
  profile: values.profile,
  pin: !values['no-pin'],
}
const tell = (line) => console.error(line)
tellOmitted('contenders', contenderNames, options.contenders)
tellOmitted('scenarios', allScenarios, options.scenarios)
await requireServers(options.contenders)
await bundlePackages(options.contenders)
mkdirSync('.bench', { recursive: true })
const started = performance.now()
const served = { ...options, scenarios: options.scenarios.filter((name) => name !== 'pages') }
const rounds = await bench(served, tell)
const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} processors, Node ${process.versions.node}`
const results = {
  machine,
  summary: await summarize(rounds, served),
  pages: options.scenarios.includes('pages') ? await measurePages() : null,
}
const markdown = await report(results)
writeFileSync('.bench/latest.json', `${JSON.stringify({ options, ...results, rounds }, null, 2)}\n`)
writeFileSync('.bench/latest.md', markdown)
if (values.record) await (await import('./record/record.mjs')).record(results)
console.log(markdown)
tell(`${((performance.now() - started) / 1_000).toFixed(0)} seconds`)

/** The wanted names of those that exist; the usual names without a wish. */
function chosen(option, wanted, { existing, usual }) {
  const names = wanted?.split(',') ?? usual
  const unknown = names.filter((name) => !existing.includes(name))
  if (unknown.length === 0) return names
  console.error(`bench: --${option} has no ${unknown.join(', ')}; there are: ${existing.join(', ')}`)
  process.exit(1)
}

function tellOmitted(kind, existing, taken) {
  const omitted = existing.filter((name) => !taken.includes(name))
  if (omitted.length > 0) tell(`without the ${kind} ${omitted.join(', ')}`)
}

async function requireServers(contenders) {
  const missing = await missingServers(contenders)
  if (missing.length === 0) return
  console.error(
    `bench: ${missing.join(' and ')} not found; on Debian and Ubuntu: sudo apt-get install ${missing.join(' ')}`,
  )
  process.exit(1)
}
