import { defineBackplaneSuite } from '@chat/testing/conformance'
import * as ioredis from 'ioredis'
import * as iovalkey from 'iovalkey'
import { afterAll, beforeAll, describe, it, vi } from 'vitest'
import { RedisCluster } from '../../../test-support/brokers/redis-cluster.ts'
import { harnessOf } from './support/bench.ts'
import { clusterStore } from './support/cluster.ts'
import { withRedis } from './support/with-redis.ts'

vi.setConfig({ maxConcurrency: 10 })
// These suites repeat the one of `npm test` in other modes, so only `npm run test:brokers -- --all` runs them.
const wanted = withRedis && process.env['BROKERS'] === 'all'
const runner = { describe: describe.runIf(wanted).concurrent, it }

let cluster: RedisCluster | undefined
beforeAll(async () => {
  if (wanted) cluster = await RedisCluster.start()
}, 60_000)
afterAll(() => cluster?.close())

for (const [name, client, sharded] of [
  ['sharded, iovalkey', iovalkey, true],
  ['classic, ioredis', ioredis, false],
] as const)
  defineBackplaneSuite(
    runner,
    harnessOf(`redis cluster, ${name}`, client, () => clusterStore(cluster, sharded)),
  )
