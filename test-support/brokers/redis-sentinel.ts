import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unusedPort } from '../test-server.ts'
import { BrokerProcess, removeFolder, temporaryFolder } from './broker-process.ts'
import { RedisServer, redisCommand } from './redis-server.ts'
import { pause, until } from './until.ts'

/** Name under which the sentinels know the primary. */
export const primaryName = 'chat'

/** Options of {@link RedisSentinels}. */
export interface RedisSentinelsOptions {
  /**
   * Called with the port of the primary; returns the port that the replica copies from, such as a proxy's.
   * Default: the primary itself.
   */
  readonly way?: (primary: number) => Promise<number>
  /**
   * `false` for a replica that never gets its first copy: the primary waits for further replicas before it
   * begins to send. Default: `true`.
   */
  readonly synced?: boolean
}

/** A primary, a replica, and three sentinels that replace the primary after a second without an answer. */
export class RedisSentinels {
  readonly primary: RedisServer
  readonly replica: RedisServer
  /** Ports of the sentinels. */
  readonly ports: readonly number[]
  readonly #sentinels: readonly { readonly process: BrokerProcess; readonly folder: string }[]

  private constructor(
    servers: { readonly primary: RedisServer; readonly replica: RedisServer },
    sentinels: readonly Sentinel[],
  ) {
    this.primary = servers.primary
    this.replica = servers.replica
    this.ports = sentinels.map(({ port }) => port)
    this.#sentinels = sentinels
  }

  /** Starts the servers, and resolves when the sentinels know the replica and each other. */
  static async start({ way, synced = true }: RedisSentinelsOptions = {}): Promise<RedisSentinels> {
    // With the default of 5 s, a replica is empty until then, and may be promoted all the same.
    const args = ['--repl-diskless-sync-delay', synced ? '0' : '3600']
    const primary = await RedisServer.start({ args })
    const source = way === undefined ? primary.port : await way(primary.port)
    const replica = await RedisServer.start({ args: ['--replicaof', '127.0.0.1', `${source}`] })
    if (synced)
      await until('a replica in step', async () =>
        (await replica.command('INFO', 'replication')).includes('master_link_status:up'),
      )
    // After this time, sentinels make a replica copy from the primary itself. After twice the time, they try a
    // failover again whose vote had no result.
    const failoverTimeout = way === undefined ? 4_000 : 20_000
    const sentinels = await Promise.all([0, 1, 2].map(() => startSentinel(primary.port, failoverTimeout)))
    const all = new RedisSentinels({ primary, replica }, sentinels)
    await all.#acquainted().catch(async (error) => {
      await all.close()
      throw error
    })
    return all
  }

  /** Addresses of the sentinels. */
  get addresses(): readonly { readonly host: string; readonly port: number }[] {
    return this.ports.map((port) => ({ host: '127.0.0.1', port }))
  }

  /** Resolves when the sentinels have made the replica the primary. */
  async promoted(): Promise<void> {
    await until(
      'a promoted replica',
      async () => (await this.replica.command('ROLE')).startsWith('master'),
      60_000,
    )
  }

  /** Ends all processes, and removes their folders. */
  async close(): Promise<void> {
    await Promise.all(this.#sentinels.map(({ process }) => process.kill()))
    for (const { folder } of this.#sentinels) removeFolder(folder)
    await Promise.all([this.primary.close(), this.replica.close()])
  }

  async #acquainted(): Promise<void> {
    for (const port of this.ports)
      await until('sentinels that know the replica and each other', async () => {
        const master = await redisCommand(port, 'SENTINEL', 'MASTER', primaryName)
        return /num-slaves\n1\n/.test(master) && /num-other-sentinels\n2\n/.test(master)
      })
    // A sentinel may say so before it has asked the replica for its state.
    await pause(1_000)
  }
}

interface Sentinel {
  readonly port: number
  readonly folder: string
  readonly process: BrokerProcess
}

/** Starts a sentinel. It writes what it learns into its configuration file. */
async function startSentinel(primary: number, failoverTimeout: number): Promise<Sentinel> {
  const [port, folder] = [await unusedPort(), temporaryFolder()]
  const file = join(folder, 'sentinel.conf')
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor ${primaryName} 127.0.0.1 ${primary} 2`,
    `sentinel down-after-milliseconds ${primaryName} 1000`,
    `sentinel failover-timeout ${primaryName} ${failoverTimeout}`,
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  const process = await BrokerProcess.start({
    program: 'redis-server',
    args: [file, '--sentinel'],
    ready: /Sentinel ID is/,
  })
  return { port, folder, process }
}
