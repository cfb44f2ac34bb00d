import type { Runtime } from '@chat/core'
import type { RedisAddress, RedisClient, RedisClientModule, RedisClusterClient } from './client.ts'
import { textOf } from './errors.ts'
import type { Settings } from './options.ts'

/** Shortest and longest delay before a connection is made again, in milliseconds. */
const retryDelays = [50, 1_000] as const
/** Duration after which a silent TCP connection is tested by the system, in milliseconds. */
const keepAlive = 15_000

/** Makes the connections of a backplane. They are its own: no other part of the application has them. */
export class ClientFactory {
  readonly #module: RedisClientModule
  readonly #settings: Settings
  readonly #runtime: Runtime

  constructor(module: RedisClientModule, settings: Settings, runtime: Runtime) {
    this.#module = module
    this.#settings = settings
    this.#runtime = runtime
  }

  /** Makes the connection for commands of a server, or of the primary that sentinels name. */
  commands(): RedisClient {
    return new this.#module.Redis({ ...this.#place(), ...this.#own() })
  }

  /** Makes the connections for commands of a cluster. */
  cluster(nodes: readonly RedisAddress[]): RedisClusterClient {
    const { connection, credentials } = this.#settings
    const { retryStrategy, lazyConnect, enableOfflineQueue, ...own } = this.#own()
    return new this.#module.Cluster([...nodes], {
      ...{ lazyConnect, enableOfflineQueue, clusterRetryStrategy: retryStrategy },
      // The check fails while a node is connecting, and the promise of the connection then never settles.
      enableReadyCheck: false,
      // The hub repeats what fails. A command that the client repeats would be late, in another order.
      ...{ retryDelayOnFailover: 0, retryDelayOnClusterDown: 0, retryDelayOnTryAgain: 100 },
      ...{ scaleReads: 'master', slotsRefreshTimeout: this.#settings.timeout, slotsRefreshInterval: 5_000 },
      ...('natMap' in connection ? { natMap: connection['natMap'] } : {}),
      redisOptions: { ...credentials, ...connection, ...own },
    })
  }

  /** Makes a connection for subscriptions; to a node of a cluster when it is given. */
  subscriber(node?: RedisAddress): RedisClient {
    const { connection, credentials } = this.#settings
    const place = node === undefined ? this.#place() : { ...credentials, ...connection, ...node }
    return new this.#module.Redis({ ...place, ...this.#own() })
  }

  #place(): Record<string, unknown> {
    const { place, connection, credentials } = this.#settings
    return { ...credentials, ...connection, ...(place.kind === 'cluster' ? {} : place.options) }
  }

  #own(): Record<string, unknown> {
    const { timeout } = this.#settings
    const [least, most] = retryDelays
    return {
      ...{ lazyConnect: true, enableOfflineQueue: false, autoResubscribe: false, keepAlive },
      // Both of them: with the second alone, commands that are open at a disconnect may never settle.
      ...{ maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false },
      ...{ commandTimeout: timeout, connectTimeout: timeout, disconnectTimeout: 500 },
      retryStrategy: (times: number) =>
        Math.min(most, least * 2 ** Math.min(times - 1, 10)) * (0.5 + this.#runtime.random() / 2),
      // A primary that became a replica: the connection has to find the new primary.
      reconnectOnError: (error: unknown) => textOf(error).includes('READONLY'),
    }
  }
}
