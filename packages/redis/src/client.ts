import { UsageError } from '@chat/core'

/** The part of a connection of `ioredis` or `iovalkey` that the backplane uses. */
export interface RedisClient {
  /** State of the connection; `ready` when commands are possible. */
  readonly status: string
  /** The socket, while there is one. Its writes are held back until the end of a turn. */
  readonly stream?: { cork?(): void; uncork?(): void } | null | undefined
  /** Connects; rejects when the first attempt fails. */
  connect(): Promise<unknown>
  /** Closes the connection; with `true` connects again. */
  disconnect(reconnect?: boolean): void
  /** Sends a command. */
  call(command: string, ...args: (string | number)[]): Promise<unknown>
  /** Adds a listener of an event of the connection. */
  on(event: string, listener: (...args: unknown[]) => void): unknown
}

/** The part of a cluster's client of `ioredis` or `iovalkey` that the backplane uses. */
export interface RedisClusterClient extends RedisClient {
  /** Returns the connections to the primaries. */
  nodes(role: 'master'): readonly RedisClient[]
}

/** The address of a server. */
export interface RedisAddress {
  /** Name or IP address of the host. */
  readonly host: string
  /** Port of the server. */
  readonly port: number
}

/** The classes of `ioredis` or `iovalkey`: the module itself, `import * as ioredis from 'ioredis'`, has them. */
export interface RedisClientModule {
  /** The class of a connection to a server, or to the primary that sentinels name. */
  readonly Redis: new (
    options: Record<string, unknown>,
  ) => RedisClient
  /** The class of the connections to a cluster. */
  readonly Cluster: new (
    nodes: RedisAddress[],
    options: Record<string, unknown>,
  ) => RedisClusterClient
}

/**
 * Loads the client that is installed.
 *
 * @throws UsageError when neither `ioredis` nor `iovalkey` is installed.
 */
export async function loadClient(): Promise<RedisClientModule> {
  const attempts = [
    async () => (await import('ioredis')) as unknown,
    async () => (await import('iovalkey')) as unknown,
  ]
  for (const attempt of attempts) {
    try {
      return clientOf(await attempt())
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error
    }
  }
  throw new UsageError(
    "unable to start the Redis backplane: no client is installed; run 'npm install ioredis'",
  )
}

/**
 * Returns the classes of a module, which some loaders put into `default`.
 *
 * @throws UsageError when the module has no such classes.
 */
export function clientOf(module: unknown): RedisClientModule {
  for (const one of [module, (module as { default?: unknown } | null)?.default]) {
    const { Redis, Cluster } = (one ?? {}) as Partial<RedisClientModule>
    if (typeof Redis === 'function' && typeof Cluster === 'function') return { Redis, Cluster }
  }
  throw new UsageError(
    "unable to start the Redis backplane: the option 'client' has no classes Redis and Cluster; write `client: await import('ioredis')`, or leave it out",
  )
}
