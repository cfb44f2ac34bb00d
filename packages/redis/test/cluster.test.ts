import { defineBackplaneSuite } from '@chat/testing/conformance'
import * as ioredis from 'ioredis'
import { afterAll, beforeAll, describe, it, vi } from 'vitest'
import { RedisCluster } from '../../../test-support/brokers/redis-cluster.ts'
import { harnessOf } from './support/bench.ts'
import { clusterStore } from './support/cluster.ts'
import { withRedis } from './support/with-redis.ts'

// Cases mostly wait for time to pass, so several run at once.
// Time is divided, so a machine that stands still for a moment looks like a time that has passed.
vi.setConfig({ maxConcurrency: 10, retry: 2 })
const runner = { describe: describe.runIf(withRedis).concurrent, it }

let cluster: RedisCluster | undefined
beforeAll(async () => {
  if (withRedis) cluster = await RedisCluster.start()
}, 60_000)
afterAll(() => cluster?.close())

defineBackplaneSuite(
  runner,
  harnessOf('redis cluster, sharded, ioredis', ioredis, () => clusterStore(cluster, true)),
)
