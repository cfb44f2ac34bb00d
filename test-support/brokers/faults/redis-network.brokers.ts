import { describe } from 'vitest'
import { faultsOf } from '../fault-row.ts'
import { installed } from '../installed.ts'
import { declareHubFaults, declareNetworkFaults } from './common.ts'
import { startRedis } from './start-redis.ts'

const fault = faultsOf('Redis')

describe.skipIf(!installed['redis-server'])('Redis', () => {
  declareHubFaults(fault, () => startRedis())
  declareNetworkFaults(fault, () => startRedis())
})
