// What a run leaves in the docs: docs/bench.json, the charts, and the tables of docs/guides/performance.md.
import { readFileSync, writeFileSync } from 'node:fs'
import { fillTables } from '../../tooling/charts/fill-tables.mjs'
import { chartsOf } from './charts.mjs'
import { tablesOf } from './tables.mjs'

const results = 'docs/bench.json'
const page = 'docs/guides/performance.md'

/** Writes the results of a run, and draws them. */
export async function record({ machine, summary, pages }) {
  writeFileSync(results, `${JSON.stringify({ machine, pages, summary }, figures, 1)}\n`)
  await draw()
}

/** Draws the recorded results again. */
export async function draw() {
  const recorded = JSON.parse(readFileSync(results, 'utf8'))
  for (const [name, svg] of Object.entries(await chartsOf(recorded)))
    writeFileSync(`docs/images/bench-${name}.svg`, svg)
  writeFileSync(page, fillTables(readFileSync(page, 'utf8'), 'bench', await tablesOf(recorded)))
}

/** Further digits would change with each run and say nothing. */
const figures = (_key, value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value)
