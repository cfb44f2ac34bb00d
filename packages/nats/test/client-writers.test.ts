import { defineWriterSuite } from '../../../test-support/brokers/client-writers.ts'
import { patientRunner } from '../../../test-support/brokers/patient-runner.ts'
import { Nodes } from './support/nodes.ts'
import { withNats } from './support/with-nats.ts'

defineWriterSuite(patientRunner(withNats), {
  name: 'nats',
  async start() {
    const nodes = await Nodes.start()
    return { node: () => nodes.node({ timeout: 5_000 }), stop: () => nodes.end() }
  },
})
