import { goals } from '../goals.mjs'
import { median, spread } from './statistics.mjs'

/** Processors that other processes may use in a round that counts. */
const quiet = 0.25

/**
 * Summarizes the measurements: for each scenario a row for each contender, with its ratio to the baseline in the same
 * round. Rounds that other processes disturbed do not count, unless fewer than three remain.
 */
export function summarize(rounds, { scenarios, contenders, baseline }) {
  return scenarios.map((scenario) => {
    const of = rounds.filter((round) => round.scenario === scenario)
    const calm = roundsOf(of).filter((n) =>
      of.every(({ round, others }) => round !== n || (others ?? 0) <= quiet),
    )
    const counted = calm.length >= 3 ? calm : roundsOf(of)
    const kept = of.filter(({ round }) => counted.includes(round))
    const rows = contenders.map((contender) => ({ contender, ...row(kept, contender, baseline) }))
    return {
      scenario,
      rounds: counted.length,
      disturbed: calm.length < 3,
      rows,
      goals: goalsOf(kept, scenario),
    }
  })
}

const roundsOf = (measurements) => [...new Set(measurements.map(({ round }) => round))]

/** Microseconds of the nodes' processor time for a delivery. */
const cost = ({ nodes, deliveries }) => nodes / deliveries

function row(kept, contender, baseline) {
  const own = kept.filter((one) => one.contender === contender)
  return {
    rate: median(own.map(({ messages, seconds }) => messages / seconds)),
    p50: median(own.map(({ p50 }) => p50)),
    p99: median(own.map(({ p99 }) => p99)),
    cost: median(own.map(cost)),
    brokerCost: median(own.map(({ broker, messages }) => (broker === null ? null : broker / messages))),
    speed: ratios(kept, contender, { against: baseline, of: ({ messages, seconds }) => seconds / messages }),
    ratio: ratios(kept, contender, { against: baseline, of: cost }),
  }
}

/** Spread of the ratio between two contenders, round by round; above 1 the first costs less. */
function ratios(kept, contender, { against, of }) {
  const own = kept.filter((one) => one.contender === contender)
  return spread(
    own.map((one) => {
      const other = kept.find(({ contender: name, round }) => name === against && round === one.round)
      return other === undefined ? null : of(other) / of(one)
    }),
  )
}

const goalsOf = (kept, scenario) =>
  goals
    .filter((goal) => goal.scenario === scenario)
    .map((goal) => ({ ...goal, measured: ratios(kept, goal.contender, { against: goal.against, of: cost }) }))
    .filter(({ measured }) => measured !== null)
