// Compares what a message costs here and elsewhere, in one run. `npm run bench -- --help` lists the options.
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ensureModules } from '../tooling/installed.mjs'
import { contenderNames } from './contenders/all.mjs'
import { missingServers } from './run/servers.mjs'
import { scenarioNames } from './scenarios/all.mjs'

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
    'no-pin': { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(`npm run bench -- [options]
  --quick            3 rounds of half a second, a fifth of the connections, a node for each contender
  --rounds 7         rounds of each scenario
  --seconds 2        duration of each measurement
  --size 1           share of the connections in the scenarios that count connections
  --receivers 1000   clients at each node, in the scenarios with a crowd (with two nodes 200)
  --only a,b         contenders: ${contenderNames.join(', ')}
  --scenarios a,b    scenarios: ${scenarioNames.join(', ')}
  --profile a        writes a CPU profile of each node of a contender to .bench/
  --sizing           measures only what messages, logs, sessions and members take at the brokers
  --no-pin           does not pin processes to processors
Writes .bench/latest.json and .bench/latest.md.`)
  process.exit(0)
}

ensureModules(fileURLToPath(new URL('.', import.meta.url)), 'bench')
const { bench } = await import('./run/bench.mjs')
const { bundlePackages } = await import('./run/packages.mjs')
const { report } = await import('./run/report.mjs')
const { summarize } = await import('./run/summary.mjs')

if (values.sizing) {
  await requireServers(['chat-redis', 'chat-nats'])
  await bundlePackages(['chat-redis', 'chat-nats'])
  const { sizing, sizingReport } = await import('./run/sizing.mjs')
  console.log(sizingReport(await sizing(['redis', 'nats'])))
  process.exit(0)
}

const options = {
  quick: values.quick,
  rounds: Number(values.rounds ?? (values.quick ? 3 : 7)),
  seconds: Number(values.seconds ?? (values.quick ? 0.5 : 2)),
  size: Number(values.size ?? (values.quick ? 0.2 : 1)),
  receivers: values.receivers === undefined ? null : Number(values.receivers),
  contenders: chosen('only', values.only, contenderNames),
  scenarios: chosen('scenarios', values.scenarios, scenarioNames),
  /** The contenders that ratios compare with, by the number of nodes. */
  baselines: { 1: 'ws', 2: 'ws-redis' },
  profile: values.profile,
  pin: !values['no-pin'],
}
await requireServers(options.contenders)
await bundlePackages(options.contenders)
mkdirSync('.bench', { recursive: true })
const rounds = await bench(options, (line) => console.error(line))
const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} processors, Node ${process.versions.node}`
const summary = await summarize(rounds, options)
const markdown = await report(summary, { machine })
writeFileSync('.bench/latest.json', `${JSON.stringify({ machine, options, summary, rounds }, null, 2)}\n`)
writeFileSync('.bench/latest.md', markdown)
console.log(markdown)

/** The wanted names of those that exist; all without a wish. */
function chosen(option, wanted, existing) {
  const names = wanted?.split(',') ?? existing
  const unknown = names.filter((name) => !existing.includes(name))
  if (unknown.length === 0) return names
  console.error(`bench: --${option} has no ${unknown.join(', ')}; there are: ${existing.join(', ')}`)
  process.exit(1)
}

async function requireServers(contenders) {
  const missing = await missingServers(contenders)
  if (missing.length === 0) return
  console.error(
    `bench: ${missing.join(' and ')} not found; on Debian and Ubuntu: sudo apt-get install ${missing.join(' ')}`,
  )
  process.exit(1)
}
