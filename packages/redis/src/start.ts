import { type Runtime, systemRuntime } from '@chat/core'
import { addressMap } from './address-map.ts'
import { loadClient } from './client.ts'
import { ClientFactory } from './client-options.ts'
import { Connection } from './connection.ts'
import { Keys } from './keys.ts'
import { checkSettings, type RedisBackplaneOptions, type Settings } from './options.ts'
import { Probes } from './probes.ts'
import { RedisBackplane } from './redis-backplane.ts'
import { Server } from './server.ts'
import { inspectServer } from './server-check.ts'
import { ShardPool } from './shard-pool.ts'
import { SinglePool } from './single-pool.ts'
import { startError } from './start-error.ts'
import { Subscriber, type SubscriberEvents } from './subscriber.ts'
import type { SubscriberPool } from './subscriber-pool.ts'
import { Subscriptions } from './subscriptions.ts'
import { standardTuning, type Tuning } from './tuning.ts'
import { within } from './within.ts'

/** Longest time until a node hears itself, in milliseconds; the timeout of commands when that is shorter. */
const probePatience = 3_000

/** Connects to the server, looks at it, and makes the backplane. */
export async function startBackplane(
  options: RedisBackplaneOptions,
  tuning: Tuning = standardTuning,
  runtime: Runtime = systemRuntime,
): Promise<RedisBackplane> {
  const settings = checkSettings(options)
  const client = settings.client ?? (await loadClient())
  return new Start(settings, tuning, runtime).run(new ClientFactory(client, settings, runtime))
}

/** The start of a backplane. */
class Start {
  readonly #settings: Settings
  readonly #tuning: Tuning
  readonly #runtime: Runtime
  /** The backplane, once it is there; a loss before is noted by the error of the start. */
  #backplane: RedisBackplane | null = null
  #subscriptions: Subscriptions | null = null
  #probes: Probes | null = null
  #pool: SubscriberPool | null = null

  constructor(settings: Settings, tuning: Tuning, runtime: Runtime) {
    this.#settings = settings
    this.#tuning = tuning
    this.#runtime = runtime
  }

  async run(clients: ClientFactory): Promise<RedisBackplane> {
    const connection = this.#connection(clients)
    try {
      // Some clients never say that a connection has failed.
      return await within(this.#runtime, 4 * this.#settings.timeout, this.#connect(clients, connection))
    } catch (error) {
      connection.end()
      this.#pool?.close()
      throw startError(this.#settings.place, error, connection.lastError)
    }
  }

  #connection(clients: ClientFactory): Connection {
    const { place } = this.#settings
    const client =
      place.kind === 'cluster' ? { cluster: clients.cluster(place.nodes) } : { single: clients.commands() }
    return new Connection(client, this.#runtime, () => this.#backplane?.suspect())
  }

  async #connect(clients: ClientFactory, connection: Connection): Promise<RedisBackplane> {
    await connection.connect()
    const { settings, ...rest } = { settings: this.#settings, runtime: this.#runtime, tuning: this.#tuning }
    const { runtime, tuning } = rest
    const keys = new Keys(settings.prefix, settings.partitions)
    const traits = await inspectServer(connection, keys, settings)
    const server = new Server(connection, runtime, traits)
    const sharded = traits.publishCommand === 'spublish'
    const patience = Math.min(settings.timeout, probePatience)
    const probes = new Probes(connection, traits.publishCommand, { runtime, patience })
    const pool = this.#makePool(clients, connection, { keys, sharded })
    this.#pool = pool
    const subscriptions = new Subscriptions(pool, runtime, tuning.linger)
    this.#probes = probes
    this.#subscriptions = subscriptions
    await pool.connect()
    const parts = { connection, server, keys, pool, subscriptions, probes }
    this.#backplane = new RedisBackplane({ ...rest, settings, ...parts })
    return this.#backplane
  }

  #makePool(
    clients: ClientFactory,
    connection: Connection,
    { keys, sharded }: { keys: Keys; sharded: boolean },
  ): SubscriberPool {
    const events: SubscriberEvents = {
      received: (channel, text) => {
        if (this.#probes?.take(channel, text) !== true) this.#subscriptions?.receive(channel, text)
      },
      lost: () => this.#backplane?.suspect(),
    }
    const node = this.#runtime.id(10)
    if (this.#settings.place.kind !== 'cluster') {
      const subscriber = new Subscriber(clients.subscriber(), false, events)
      return new SinglePool(
        subscriber,
        keys.probe(node, () => true),
      )
    }
    return new ShardPool({
      ...{ connection, keys, node, sharded, map: addressMap(this.#settings.connection['natMap']) },
      make: (address) => new Subscriber(clients.subscriber(address), sharded, events),
      channels: () => this.#subscriptions?.channels ?? [],
      moved: () => this.#backplane?.suspect(),
    })
  }
}
