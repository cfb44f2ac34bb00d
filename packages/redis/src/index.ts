import type { Backplane } from '@chat/core/backplane'
import type { RedisBackplaneOptions } from './options.ts'
import { startBackplane } from './start.ts'

export type { RedisAddress, RedisClient, RedisClientModule, RedisClusterClient } from './client.ts'
export type { RedisBackplaneOptions, RedisRetention, RedisWait } from './options.ts'

/**
 * Connects a hub to Redis or Valkey, so that hubs on many machines share logs, sessions and presence:
 *
 * ```ts
 * const backplane = await redisBackplane({ url: 'redis://127.0.0.1:6379' })
 * const hub = new Hub({ backplane })
 * ```
 *
 * Each hub needs a backplane of its own, and closes it. The backplane makes its own connections.
 *
 * @throws UsageError when an option or the server cannot work. The text says what to do.
 * @throws ChatError `unavailable` when the server does not answer.
 */
export function redisBackplane(options: RedisBackplaneOptions): Promise<Backplane> {
  return startBackplane(options)
}
