import { onTestFinished } from 'vitest'
import { RedisServer, type RedisServerOptions } from '../redis-server.ts'
import type { StartedBroker } from './common.ts'

/** Time-out of a hub's commands, in milliseconds. */
const timeout = 1_500

/** A Redis server that ends with the test. */
export interface StartedRedis extends StartedBroker {
  readonly redis: RedisServer
}

/** Starts a Redis server. */
export async function startRedis(options?: RedisServerOptions): Promise<StartedRedis> {
  const redis = await RedisServer.start(options)
  onTestFinished(() => redis.close())
  return {
    redis,
    port: redis.port,
    spec: (port) => ({
      kind: 'redis',
      options: { url: `redis://127.0.0.1:${port}`, prefix: 'faults', timeout },
    }),
  }
}
