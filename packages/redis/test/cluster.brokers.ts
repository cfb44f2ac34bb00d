import { defineBackplaneSuite } from '@chat/testing/conformance'
import * as ioredis from 'ioredis'
import * as iovalkey from 'iovalkey'
import { afterAll, beforeAll, vi } from 'vitest'
import { patientRunner } from '../../../test-support/brokers/patient-runner.ts'
import { RedisCluster } from '../../../test-support/brokers/redis-cluster.ts'
import { harnessOf } from './support/bench.ts'
import { clusterStore } from './support/cluster.ts'
import { withRedis } from './support/with-redis.ts'

// Cases mostly wait for time to pass, so several run at once.
vi.setConfig({ maxConcurrency: 10 })
const others = withRedis && process.env['BROKERS'] === 'all'

let cluster: RedisCluster | undefined
beforeAll(async () => {
  if (withRedis) cluster = await RedisCluster.start()
}, 60_000)
afterAll(() => cluster?.close())

// The other modes repeat the first over the same scripts, so only `npm run test:brokers -- --all` runs them.
for (const [name, client, sharded, wanted] of [
  ['sharded, ioredis', ioredis, true, withRedis],
  ['sharded, iovalkey', iovalkey, true, others],
  ['classic, ioredis', ioredis, false, others],
] as const)
  defineBackplaneSuite(
    patientRunner(wanted),
    harnessOf(`redis cluster, ${name}`, client, () => clusterStore(cluster, sharded)),
  )
