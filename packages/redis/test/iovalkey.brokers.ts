import { defineBackplaneSuite } from '@chat/testing/conformance'
import * as iovalkey from 'iovalkey'
import { afterAll, beforeAll, vi } from 'vitest'
import { patientRunner } from '../../../test-support/brokers/patient-runner.ts'
import { RedisServer } from '../../../test-support/brokers/redis-server.ts'
import { harnessOf } from './support/bench.ts'
import { standaloneStore } from './support/standalone.ts'
import { withRedis } from './support/with-redis.ts'

// Cases mostly wait for time to pass, so several run at once.
vi.setConfig({ maxConcurrency: 10 })

let server: RedisServer | undefined
beforeAll(async () => {
  if (withRedis) server = await RedisServer.start()
})
afterAll(() => server?.close())

defineBackplaneSuite(
  patientRunner(withRedis),
  harnessOf('redis, iovalkey', iovalkey, () => standaloneStore(server)),
)
