import { contenderNames } from './contenders/all.mjs'
import { scenarioNames } from './scenarios/all.mjs'

/** All scenarios. Pages have no server: they are measured apart. */
export const allScenarios = [...scenarioNames, 'pages']

const everything = { contenders: contenderNames, scenarios: allScenarios, size: 1 }

/**
 * The measurements of a run without further options. A scenario whose nodes are new in each round has `freshRounds`; `size` is
 * the share of the connections that scenarios open.
 */
export const plans = {
  full: { ...everything, rounds: 7, freshRounds: 3, seconds: 2 },
  record: { ...everything, rounds: 4, freshRounds: 2, seconds: 0.5 },
  quick: {
    ...{ rounds: 3, freshRounds: 1, seconds: 0.3, size: 0.2 },
    contenders: ['ws', 'ws-ack', 'socket-io-ack', 'bun', 'floor', 'chat'],
    scenarios: [
      ...['broadcast', 'burst-50', 'point-to-point', 'request-answer', 'accept', 'idle-memory'],
      'pages',
    ],
  },
}
