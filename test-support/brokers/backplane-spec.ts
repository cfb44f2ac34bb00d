import type { Backplane } from '@chat/core/backplane'
import type { NatsBackplaneOptions } from '@chat/nats'
import type { RedisBackplaneOptions } from '@chat/redis'

/** The backplane of a hub, as a text that passes between processes can describe it. */
export type BackplaneSpec =
  /** The memory of the hub's process. */
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'redis'; readonly options: RedisBackplaneOptions }
  | { readonly kind: 'nats'; readonly options: NatsBackplaneOptions }

/** Opens a backplane; `undefined` for the memory of the hub, which needs none. Loads only its own package. */
export async function openBackplane(spec: BackplaneSpec): Promise<Backplane | undefined> {
  if (spec.kind === 'memory') return undefined
  if (spec.kind === 'nats') {
    const { natsBackplane } = await import('@chat/nats')
    return natsBackplane(spec.options)
  }
  if (spec.kind === 'redis') {
    const { redisBackplane } = await import('@chat/redis')
    // The warnings about a server that loses its data are what the tests are about.
    return redisBackplane({ onWarning: () => {}, ...spec.options })
  }
  const { sqliteBackplane } = await import('@chat/sqlite')
  const { default: Database } = await import('libsql')
  return sqliteBackplane(new Database(spec.file))
}
