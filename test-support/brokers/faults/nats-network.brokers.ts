import { describe } from 'vitest'
import { faultsOf } from '../fault-row.ts'
import { installed } from '../installed.ts'
import { declareHubFaults, declareNetworkFaults } from './common.ts'
import { startNats } from './start-nats.ts'

const fault = faultsOf('NATS')

describe.skipIf(!installed['nats-server'])('NATS', () => {
  declareHubFaults(fault, () => startNats())
  declareNetworkFaults(fault, () => startNats())
})
