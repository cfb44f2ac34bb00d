import { defineBackplaneSuite } from '@chat/testing/conformance'
import * as ioredis from 'ioredis'
import { afterAll, beforeAll, vi } from 'vitest'
import { patientRunner } from '../../../test-support/brokers/patient-runner.ts'
import { RedisCluster } from '../../../test-support/brokers/redis-cluster.ts'
import { harnessOf } from './support/bench.ts'
import { clusterStore } from './support/cluster.ts'
import { withRedis } from './support/with-redis.ts'

// Cases mostly wait for time to pass, so several run at once.
vi.setConfig({ maxConcurrency: 10 })
const runner = patientRunner(withRedis)

let cluster: RedisCluster | undefined
beforeAll(async () => {
  if (withRedis) cluster = await RedisCluster.start()
}, 60_000)
afterAll(() => cluster?.close())

defineBackplaneSuite(
  runner,
  harnessOf('redis cluster, sharded, ioredis', ioredis, () => clusterStore(cluster, true)),
)
