import { defineBackplaneSuite } from '@chat/testing/conformance'
import { patientRunner } from '../../../test-support/brokers/patient-runner.ts'
import { NatsBench, scaledOptions } from './support/bench.ts'
import { withNats } from './support/with-nats.ts'

// Cases mostly wait for time to pass, so several run at once.
const runner = patientRunner(withNats)

defineBackplaneSuite(runner, {
  name: 'nats',
  capabilities: {
    name: 'nats',
    durability: 'log',
    hints: 'lossy',
    reverseReads: true,
    dedupeWindow: 120_000,
    largestPayload: 524_288,
    largestRoom: 5_000,
  },
  start: (options) => NatsBench.start(scaledOptions(options)),
})
