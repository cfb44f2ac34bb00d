import { defineBackplaneSuite } from '@chat/testing/conformance'
import * as ioredis from 'ioredis'
import { afterAll, beforeAll, vi } from 'vitest'
import { patientRunner } from '../../../test-support/brokers/patient-runner.ts'
import { RedisServer } from '../../../test-support/brokers/redis-server.ts'
import { harnessOf } from './support/bench.ts'
import { standaloneStore } from './support/standalone.ts'
import { withRedis } from './support/with-redis.ts'

// Cases mostly wait for time to pass, so several run at once.
vi.setConfig({ maxConcurrency: 10 })
const runner = patientRunner(withRedis)

let server: RedisServer | undefined
beforeAll(async () => {
  if (withRedis) server = await RedisServer.start()
})
afterAll(() => server?.close())

defineBackplaneSuite(
  runner,
  harnessOf('redis, ioredis', ioredis, () => standaloneStore(server)),
)
