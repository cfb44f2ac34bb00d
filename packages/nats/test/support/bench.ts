import { setTimeout as pause } from 'node:timers/promises'
import type { Backplane } from '@chat/core/backplane'
import type { BackplaneBench, BackplaneStartOptions } from '@chat/testing/conformance'
import { NatsServer } from '../../../../test-support/brokers/nats-server.ts'
import { FaultProxy } from '../../../../test-support/fault-proxy.ts'
import { type NatsBackplaneOptions, natsBackplane } from '../../src/index.ts'
import { Admin } from './admin.ts'
import { scale, scaled } from './scaled.ts'

interface Connections {
  readonly connections: readonly { readonly name?: string; readonly subscriptions: number }[]
}

let prefixes = 0

/** Returns a prefix that no test has used. */
export const newPrefix = (): string => `t${process.pid}_${++prefixes}`

/** Returns the options of a backplane whose durations are divided. */
export function scaledOptions({ keep, age }: BackplaneStartOptions): NatsBackplaneOptions {
  const most = age ?? 3_600_000
  return {
    dedupeWindow: scale(120_000),
    retention: {
      age: Math.max(1_000, scale(most)),
      forgetAfter: scale(600_000),
      ...(keep === null ? {} : { count: keep }),
    },
    // The server removes records by their greatest lifetime, so a case that waits for their end needs a short one.
    sessions: { age: scale(age === null ? 3_600_000 : 300_000) },
  }
}

/** The servers of a case. */
export interface BenchServers {
  /** The servers, to which nodes connect in turn. */
  readonly servers: readonly NatsServer[]
  /** `true` when they end with the case. */
  readonly own: boolean
}

/** The store of a case: a prefix on a server, or on a cluster, with a proxy for each node. */
export class NatsBench implements BackplaneBench {
  readonly prefix: string = newPrefix()
  readonly #servers: BenchServers
  readonly #options: NatsBackplaneOptions
  readonly #admin: Admin
  readonly #nodes = new Map<Backplane, FaultProxy>()

  private constructor(servers: BenchServers, options: NatsBackplaneOptions, admin: Admin) {
    this.#servers = servers
    this.#options = options
    this.#admin = admin
  }

  /** Starts a bench on a server of its own. */
  static async start(options: NatsBackplaneOptions): Promise<NatsBench> {
    return NatsBench.startOn({ servers: [await NatsServer.start()], own: true }, options)
  }

  /** Starts a bench on servers. */
  static async startOn(servers: BenchServers, options: NatsBackplaneOptions): Promise<NatsBench> {
    const urls = servers.servers.map(({ url }) => url)
    return new NatsBench(servers, options, await Admin.connect(...urls))
  }

  node(): Promise<Backplane> {
    return this.#start(this.prefix)
  }

  stranger(): Promise<Backplane> {
    return this.#start(newPrefix())
  }

  async advance(duration: number): Promise<void> {
    await pause(scale(duration))
  }

  forget(stream: string): Promise<void> {
    return this.#admin.forgetLog(this.prefix, stream)
  }

  async outage(node: Backplane, down: boolean): Promise<void> {
    const proxy = this.#proxyOf(node)
    proxy.refusing = down
    if (down) proxy.reset()
    // The node learns of the reset by an event.
    if (down) await pause(50)
  }

  wipe(): Promise<void> {
    return this.#admin.deleteStreams(this.prefix)
  }

  async loseAnswer(node: Backplane): Promise<void> {
    this.#proxyOf(node).down.cutAfter = 0
  }

  async rollback(stream: string, count: number): Promise<void> {
    await this.#admin.rollBack(this.prefix, stream, count)
    for (const server of this.#servers.servers) {
      await server.process.kill('SIGTERM')
      await server.restart()
    }
  }

  async leftovers(): Promise<number> {
    let count = await this.#admin.countEntries(this.prefix)
    for (const { monitoring } of this.#servers.servers) {
      const answer = await fetch(`http://127.0.0.1:${monitoring}/connz`)
      const { connections } = (await answer.json()) as Connections
      for (const { name, subscriptions } of connections)
        if (name === `@chat/nats ${this.prefix}`) count += subscriptions
    }
    return count
  }

  async stop(): Promise<void> {
    for (const [node, proxy] of this.#nodes) {
      await node.close()
      await proxy.close()
    }
    if (!this.#servers.own) await this.#admin.deleteStreams(this.prefix)
    await this.#admin.close()
    if (this.#servers.own) for (const server of this.#servers.servers) await server.close()
  }

  async #start(prefix: string): Promise<Backplane> {
    const { servers: all } = this.#servers
    const server = all[this.#nodes.size % all.length]
    if (server === undefined) throw new Error('unable to start a node: the bench has no server')
    const proxy = await FaultProxy.start(server.port)
    const servers = `nats://127.0.0.1:${proxy.port}`
    // A client of a cluster would learn the addresses behind the proxies.
    const connection = { ignoreClusterUpdates: true }
    const node = scaled(await natsBackplane({ ...this.#options, servers, prefix, connection }))
    this.#nodes.set(node, proxy)
    return node
  }

  #proxyOf(node: Backplane): FaultProxy {
    const proxy = this.#nodes.get(node)
    if (proxy === undefined) throw new Error('unable to find the proxy of a node: it was not started here')
    return proxy
  }
}
