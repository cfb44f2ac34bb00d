import { importContender } from '../contenders/all.mjs'
import { importScenario } from '../scenarios/all.mjs'

/** Writes a summary as Markdown. */
export async function report(summary, { machine }) {
  const parts = []
  for (const one of summary) parts.push(await section(one))
  return [
    `${machine}. Payloads of 128 bytes. Medians; ratios are round by round, with their spread, against the first`,
    'contender of the table: above 1, a contender needs less. "CPU" is the processor time of all nodes, "broker" that',
    'of the broker for a message.',
    '',
    ...parts,
  ].join('\n')
}

const titleOf = async (name) => (await importContender(name)).title

async function section({ scenario, rows, goals, ...rest }) {
  const { title, cost, axis } = await importScenario(scenario)
  const columns = columnsOf(rows, { cost, axis })
  const lines = [
    `## ${scenario}${rest.nodes > 1 ? `, ${rest.nodes} nodes` : ''}`,
    '',
    `${title}. ${rest.rounds} of ${rest.of} rounds${rest.disturbed ? ', on a machine that other processes kept busy' : ''}.`,
    '',
    `| | ${columns.map(({ head }) => head).join(' | ')} |`,
    `|---|${columns.map(() => '--:').join('|')}|`,
  ]
  for (const row of rows.toSorted((a, b) => rank(a, rest) - rank(b, rest)))
    lines.push(`| ${[await titleOf(row.contender), ...columns.map(({ of }) => of(row))].join(' | ')} |`)
  if (goals.length > 0) lines.push('')
  for (const goal of goals) lines.push(`- ${await goalLine(goal, cost)}`)
  return [...lines, ''].join('\n')
}

/** The baseline comes first. */
const rank = ({ contender }, { baseline }) => (contender === baseline ? 0 : 1)

/** The columns that have a value in some row. */
function columnsOf(rows, { cost, axis }) {
  const columns = [
    [axis, 'point', String],
    ['per second', 'rate', figure],
    ['last s', 'last', figure],
    ['p50 ms', 'p50', figure],
    ['p99 ms', 'p99', figure],
    [cost.label, 'cost', figure],
    ['broker µs', 'brokerCost', figure],
    [axis === undefined ? '× by cost' : '× of the first', 'ratio', range],
    ['× by time', 'speed', range],
  ]
  return columns
    .filter(([, name]) => axis === undefined || name !== 'speed')
    .filter(([, name]) => rows.some((row) => row[name] !== null))
    .map(([head, name, write]) => ({ head, of: (row) => write(row[name]) }))
}

async function goalLine({ contender, against, least, most, measured, reached, ...goal }, cost) {
  const own = await titleOf(contender)
  const bound = least === undefined ? `at most ${most}` : `at least ${least}`
  const of = against === undefined ? '' : ` against ${await titleOf(against)}`
  const verdict = reached ? 'reached' : 'missed'
  return `${own}${of}, ${measureOf({ against, ...goal }, cost)}: ${range(measured)}, goal ${bound}: ${verdict}`
}

function measureOf({ against, p99, growth }, cost) {
  if (growth) return 'last point over first point'
  if (p99) return 'times the p99'
  return against === undefined ? cost.label : 'times cheaper'
}

function figure(value) {
  if (value === null) return '–'
  if (value >= 1_000) return String(Math.round(value))
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

const range = (spread) =>
  spread === null ? '–' : `${spread.median.toFixed(2)} (${spread.min.toFixed(2)}–${spread.max.toFixed(2)})`
