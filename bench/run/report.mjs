import { importContender } from '../contenders/all.mjs'
import { importScenario } from '../scenarios/all.mjs'

/** Writes a summary as Markdown. */
export async function report(summary, { machine, options }) {
  const parts = []
  for (const scenario of summary) parts.push(await section(scenario, options))
  return [
    `${machine}. ${options.receivers} receivers at each node of a crowd; payloads of 128 bytes. Medians; ratios`,
    `are round by round, with their spread, against ${await titleOf(options.baseline)}: above 1, @chat and the others`,
    'need less. "CPU" is the processor time of both nodes for a delivery, "broker" that of the broker for a message.',
    '',
    ...parts,
  ].join('\n')
}

const titleOf = async (name) => (await importContender(name)).title

async function section({ scenario, rounds, disturbed, rows, goals }, options) {
  const { title } = await importScenario(scenario)
  const noise = disturbed ? ', on a machine that other processes kept busy' : ''
  const lines = [
    `## ${scenario}`,
    '',
    `${title}. ${rounds} of ${options.rounds} rounds${noise}.`,
    '',
    '| | messages/s | p50 ms | p99 ms | CPU µs | broker µs | × by CPU | × by time |',
    '|---|--:|--:|--:|--:|--:|--:|--:|',
  ]
  for (const { contender, rate, p50, p99, cost, brokerCost, ratio, speed } of rows) {
    const cells = [rate, p50, p99, cost, brokerCost].map(figure)
    lines.push(`| ${[await titleOf(contender), ...cells, range(ratio), range(speed)].join(' | ')} |`)
  }
  if (goals.length > 0) lines.push('')
  for (const { contender, against, ratio, measured } of goals) {
    const verdict = measured.median >= ratio ? 'reached' : 'missed'
    const pair = `${await titleOf(contender)} against ${await titleOf(against)}`
    lines.push(`- ${pair}: ${range(measured)}, goal ${ratio} by CPU: ${verdict}`)
  }
  return [...lines, ''].join('\n')
}

function figure(value) {
  if (value === null) return '–'
  if (value >= 1_000) return String(Math.round(value))
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

const range = (spread) =>
  spread === null ? '–' : `${spread.median.toFixed(2)} (${spread.min.toFixed(2)}–${spread.max.toFixed(2)})`
