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
  skip: {
    'a stream is not trimmed by the number of its messages (P-SM-10)':
      'the server trims each subject by the number of its messages',
    'a stream is not trimmed by the age of its messages, while it is written (P-SM-10)':
      'the server removes each message by its age',
  },
  start: (options) => NatsBench.start(scaledOptions(options)),
})
