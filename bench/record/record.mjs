// What a run leaves in the docs: docs/bench.json, the charts, and the tables of docs/guides/performance.md.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fillTables } from '../../tooling/charts/fill-tables.mjs'
import { scenarioNames } from '../scenarios/all.mjs'
import { chartsOf } from './charts.mjs'
import { tablesOf } from './tables.mjs'

const results = 'docs/bench.json'
const page = 'docs/guides/performance.md'

/** Writes the results of a run, and draws them. Scenarios that the run did not measure stay as they are. */
export async function record({ machine, summary, pages }) {
  const before = existsSync(results) ? read() : { summary: [], pages: null }
  const isNew = ({ scenario, nodes }) =>
    summary.some((one) => one.scenario === scenario && one.nodes === nodes)
  const kept = before.summary.filter((section) => !isNew(section))
  write({ machine, pages: pages ?? before.pages, summary: inOrder([...kept, ...summary]) })
  await draw()
}

/** Draws the recorded results again. */
export async function draw() {
  const recorded = read()
  const missing = scenarioNames.filter((name) => !recorded.summary.some(({ scenario }) => scenario === name))
  if (missing.length > 0) return console.error(`bench: no charts without ${missing.join(', ')}`)
  for (const [name, svg] of Object.entries(await chartsOf(recorded)))
    writeFileSync(`docs/images/bench-${name}.svg`, svg)
  writeFileSync(page, fillTables(readFileSync(page, 'utf8'), 'bench', await tablesOf(recorded)))
}

const read = () => JSON.parse(readFileSync(results, 'utf8'))

/** A line for each row, so that a change shows the rows that it changed. */
function write({ machine, pages, summary }) {
  const lines = (rows) => `[\n${rows.map((row) => JSON.stringify(row, rounded)).join(',\n')}\n]`
  const sections = summary.map(
    ({ rows, ...section }) => `${JSON.stringify(section, rounded).slice(0, -1)},"rows":${lines(rows)}}`,
  )
  const parts = {
    machine: JSON.stringify(machine),
    pages: lines(pages ?? []),
    summary: `[\n${sections.join(',\n')}\n]`,
  }
  writeFileSync(
    results,
    `{\n${Object.entries(parts)
      .map(([name, text]) => `"${name}": ${text}`)
      .join(',\n')}\n}\n`,
  )
}

/** Further digits would change with each run and say nothing. */
const rounded = (_key, value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value)

const inOrder = (sections) =>
  sections.toSorted(
    (a, b) => scenarioNames.indexOf(a.scenario) - scenarioNames.indexOf(b.scenario) || a.nodes - b.nodes,
  )
