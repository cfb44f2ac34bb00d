import { importContender } from '../contenders/all.mjs'
import { pagesGoals, pagesTable } from '../pages/report.mjs'
import { importScenario } from '../scenarios/all.mjs'
import { figure, range, table } from './figures.mjs'

/** Writes the measurements of a run as Markdown. */
export async function report({ machine, summary, pages }) {
  const parts = []
  for (const one of summary) parts.push(...(await section(one)))
  if (pages !== null) parts.push('## pages', '', pagesTable(pages), '', ...pagesGoals(pages), '')
  return [
    `${machine}. Payloads of 128 bytes. Medians; ratios are round by round, with their spread, against the first`,
    'contender of the table: above 1, a contender needs less. "CPU" is the processor time of all nodes, "broker" that',
    'of the broker for a message.',
    '',
    ...parts,
  ].join('\n')
}

const titleOf = async (name) => (await importContender(name)).title

async function section(one) {
  const { title } = await importScenario(one.scenario)
  const noise = one.disturbed ? ', on a machine that other processes kept busy' : ''
  return [
    `## ${one.scenario}${one.nodes > 1 ? `, ${one.nodes} nodes` : ''}`,
    '',
    `${title}. ${one.rounds} of ${one.of} rounds${noise}.`,
    '',
    await sectionTable(one),
    '',
    ...(await goalsOf(one)),
    '',
  ]
}

/** The rows of a scenario as a table; `shown` are the measures to show, all by default. */
export async function sectionTable({ scenario, rows, baseline }, shown = null) {
  const columns = columnsOf(rows, await importScenario(scenario)).filter(
    ({ name }) => shown?.includes(name) ?? true,
  )
  const ordered = rows.toSorted((a, b) => rank(a, baseline) - rank(b, baseline))
  return table(
    ['', ...columns.map(({ head }) => head)],
    await Promise.all(
      ordered.map(async (row) => [await titleOf(row.contender), ...columns.map(({ of }) => of(row))]),
    ),
  )
}

/** The goals of a scenario, as lines of a list. */
export async function goalsOf({ scenario, goals }) {
  const { cost } = await importScenario(scenario)
  return Promise.all(goals.map(async (goal) => `- ${await goalLine(goal, cost)}`))
}

/** The baseline comes first. */
const rank = ({ contender }, baseline) => (contender === baseline ? 0 : 1)

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
    ['bytes over the payload', 'overhead', figure],
    [axis === undefined ? '× by cost' : '× of the first', 'ratio', range],
    ['× by time', 'speed', range],
  ]
  return columns
    .filter(([, name]) => axis === undefined || name !== 'speed')
    .filter(([, name]) => rows.some((row) => row[name] !== null))
    .map(([head, name, write]) => ({ head, name, of: (row) => write(row[name]) }))
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
