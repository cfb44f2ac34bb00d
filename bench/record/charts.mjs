import { barChart } from '../../tooling/charts/bar-chart.mjs'
import { lineChart } from '../../tooling/charts/line-chart.mjs'
import { importContender } from '../contenders/all.mjs'
import { titleOf } from '../pages/report.mjs'
import { figure } from '../run/figures.mjs'
import { importScenario } from '../scenarios/all.mjs'

const smaller = 'The shorter the bar, the better. The thin line is the spread of the rounds.'

/** The charts of costs: a scenario, and the title of its chart. */
const costs = {
  broadcast: 'A message to a room of 1 000 clients',
  'burst-50': 'Bursts of 50 messages to a room of 1 000 clients',
  'point-to-point': 'Messages between 500 pairs of users',
  'request-answer': 'Requests of 100 clients, and their answers',
  accept: 'Clients that connect and join a room',
  'idle-memory': 'Memory of 10 000 silent clients in a room',
  'resume-storm': '5 000 clients come back at the same time',
}

/** Returns the charts by the names of their files. */
export async function chartsOf({ summary, pages }) {
  const named = Object.entries(costs).map(async ([scenario, title]) => [
    scenario,
    await costChart(find(summary, scenario), title),
  ])
  return {
    ...Object.fromEntries(await Promise.all(named)),
    'point-to-point-p99': await waitChart(find(summary, 'point-to-point')),
    growth: growthChart(summary),
    pages: pagesChart(pages),
  }
}

const find = (summary, name) => summary.find(({ scenario, nodes }) => scenario === name && nodes === 1)

const plain = (title) => title.replaceAll(/[*`]/g, '')
const isOurs = (title) => title.startsWith('**')

async function costChart({ scenario, rows }, title) {
  const { cost } = await importScenario(scenario)
  const bars = rows.map(({ contender, costs, ratio }) => ({
    ...{ contender, value: costs.median, min: costs.min, max: costs.max },
    note: `${figure(costs.median)} · ${ratio.median.toFixed(2)} ×`,
  }))
  const label = `${cost.label}; at the right also how many times less than ws`
  return chartOf(bars, { title, label })
}

async function waitChart({ rows }) {
  const bars = rows.map(({ contender, p99 }) => ({ contender, value: p99, note: figure(p99) }))
  const label = 'ms until 99 % of the messages have arrived, and are acknowledged if so named'
  return chartOf(bars, { title: 'Messages between 500 pairs of users: the wait at full load', label })
}

/** A chart with a bar for each contender, the shortest first. */
async function chartOf(bars, { title, label }) {
  const titled = bars.map(async (bar) => {
    const { title: name } = await importContender(bar.contender)
    return { ...bar, name: plain(name), strong: isOurs(name) }
  })
  const sorted = (await Promise.all(titled)).toSorted((a, b) => a.value - b.value)
  return barChart({ title, label, description: smaller, bars: sorted })
}

function growthChart(summary) {
  const line = (name, scenario, contender) => ({
    name,
    points: find(summary, scenario)
      .rows.filter((row) => row.contender === contender)
      .map(({ point, cost }) => [point, cost]),
  })
  return lineChart({
    title: 'A message, by the number of rooms, of connections, and of messages in its log',
    description: 'A flat line is a cost that does not grow.',
    x: { label: 'rooms, connections, or messages in the log', log: true },
    y: { label: 'CPU µs a message' },
    series: [
      line('rooms', 'addresses', 'chat'),
      line('rooms, ws', 'addresses', 'ws'),
      line('connections', 'connections', 'chat'),
      line('messages in the log', 'log-length', 'chat'),
    ],
  })
}

function pagesChart(pages) {
  const bars = pages.map(({ name, brotli, ratio }) => ({
    name: plain(titleOf(name)),
    strong: isOurs(titleOf(name)),
    value: brotli / 1_000,
    note: `${figure(brotli / 1_000)} kB · ${ratio.median.toFixed(2)} ×`,
  }))
  return barChart({
    title: 'The code that a page loads',
    label: 'kB, minified and with Brotli; at the right also the time of its evaluation, × socket.io-client',
    description: 'The shorter the bar, the better.',
    bars: bars.toSorted((a, b) => a.value - b.value),
  })
}
