import type { Backplane } from '@chat/core/backplane'
import { afterAll, beforeAll } from 'vitest'
import { defineWriterSuite } from '../../../test-support/brokers/client-writers.ts'
import { patientRunner } from '../../../test-support/brokers/patient-runner.ts'
import { RedisServer } from '../../../test-support/brokers/redis-server.ts'
import { redisBackplane } from '../src/index.ts'
import { withRedis } from './support/with-redis.ts'

let server: RedisServer | undefined
let prefixes = 0
beforeAll(async () => {
  if (withRedis) server = await RedisServer.start()
})
afterAll(() => server?.close())

defineWriterSuite(patientRunner(withRedis), {
  name: 'redis',
  async start() {
    const options = {
      url: `redis://127.0.0.1:${server?.port}`,
      prefix: `w${++prefixes}`,
      onWarning: () => {},
    }
    const nodes: Backplane[] = []
    return {
      async node() {
        const node = await redisBackplane(options)
        nodes.push(node)
        return node
      },
      async stop() {
        for (const node of nodes) await node.close()
      },
    }
  },
})
