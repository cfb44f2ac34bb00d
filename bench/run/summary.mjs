import { importContender } from '../contenders/all.mjs'
import { goals } from '../goals.mjs'
import { importScenario } from '../scenarios/all.mjs'
import { median, spread } from './statistics.mjs'

/** Processors that other processes may use in a round that counts. */
const quiet = 0.25

/**
 * Summarizes the measurements: for each scenario and number of nodes a row for each contender, with its ratio to the
 * baseline in the same round. Rounds that other processes disturbed do not count, unless fewer than three remain.
 */
export async function summarize(rounds, { scenarios, contenders, baselines }) {
  const sections = []
  for (const scenario of scenarios) {
    const { nodes: counts, cost } = await importScenario(scenario)
    for (const nodes of counts) {
      const names = await withNodes(contenders, nodes)
      const of = rounds.filter((one) => one.scenario === scenario && names.includes(one.contender))
      if (of.length > 0)
        sections.push({ scenario, nodes, ...section(of, { names, cost, baseline: baselines[nodes] }) })
    }
  }
  return sections
}

async function withNodes(contenders, count) {
  const all = await Promise.all(contenders.map(importContender))
  return contenders.filter((_, i) => all[i].nodes === count)
}

function section(measurements, { names, cost, baseline }) {
  const all = roundsOf(measurements)
  const calm = all.filter((n) =>
    measurements.every(({ round, others }) => round !== n || (others ?? 0) <= quiet),
  )
  const counted = calm.length >= 3 ? calm : all
  const kept = measurements.filter(({ round }) => counted.includes(round))
  return {
    baseline,
    rounds: counted.length,
    of: all.length,
    disturbed: calm.length < all.length && calm.length < 3,
    rows: rowsOf(kept, names).map((one) => ({ ...one, ...row(kept, one, { baseline, cost }) })),
    goals: goalsOf(kept, cost),
  }
}

const roundsOf = (measurements) => [...new Set(measurements.map(({ round }) => round))]

/** A row for each contender, and of a curve for each of its points. */
function rowsOf(kept, names) {
  return names.flatMap((contender) => {
    const points = new Set(kept.filter((one) => one.contender === contender).map(({ point }) => point))
    return [...points].map((point) => ({ contender, point, least: Math.min(...points) }))
  })
}

function row(kept, { contender, point, least }, { baseline, cost }) {
  const own = kept.filter((one) => one.contender === contender && one.point === point)
  // The points of a curve are compared with its least.
  const other = point === null ? { contender: baseline, point } : { contender, point: least }
  const pair = { own: { contender, point }, other }
  return {
    last: median(own.map(({ last }) => last ?? null)),
    rate: median(own.map(({ messages, count, seconds }) => (messages ?? count) / seconds)),
    p50: median(own.map(({ p50 }) => p50 ?? null)),
    p99: median(own.map(({ p99 }) => p99 ?? null)),
    cost: median(own.map(cost.of)),
    costs: spread(own.map(cost.of)),
    overhead: median(own.map(({ overhead }) => overhead ?? null)),
    brokerCost: median(own.map(({ broker, messages }) => (broker === null ? null : broker / messages))),
    ratio: ratios(kept, pair, cost.of),
    speed: ratios(kept, pair, ({ messages, count, seconds }) => seconds / (messages ?? count)),
  }
}

/** Spread of the ratio between two contenders, round by round; above 1, `own` takes less than `other`. */
function ratios(kept, { own, other }, of) {
  const matching = (wanted) => kept.filter((one) => isOf(one, wanted))
  return spread(
    matching(own).map((one) => {
      const against = matching(other).find(({ round }) => round === one.round)
      return against === undefined ? null : of(against) / of(one)
    }),
  )
}

const isOf = (one, { contender, point }) => one.contender === contender && one.point === point

/** The goals that the measurements show, each with its measured value. */
function goalsOf(kept, cost) {
  const [{ scenario }] = kept
  return goals
    .filter((goal) => goal.scenario === scenario)
    .map((goal) => ({ ...goal, measured: measured(kept, goal, cost) }))
    .filter((goal) => goal.measured !== null)
    .map((goal) => ({ ...goal, reached: isReached(goal) }))
}

const isReached = ({ least, most, measured }) =>
  least === undefined ? measured.median <= most : measured.median >= least

function measured(kept, { contender, against, p99, growth }, cost) {
  const own = kept.filter((one) => one.contender === contender)
  if (growth) {
    const points = own.map(({ point }) => point)
    const [first, last] = [Math.min(...points), Math.max(...points)]
    return ratios(kept, { own: { contender, point: first }, other: { contender, point: last } }, cost.of)
  }
  if (against === undefined) return spread(own.map(cost.of))
  const [one, other] = [contender, against].map((name) => ({ contender: name, point: null }))
  // A goal of the 99th percentile says how many times as long it may be.
  return p99
    ? ratios(kept, { own: other, other: one }, ({ p99 }) => p99)
    : ratios(kept, { own: one, other }, cost.of)
}
