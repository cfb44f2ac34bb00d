import type { Backplane } from '@chat/core/backplane'
import { NatsServer } from '../../../../test-support/brokers/nats-server.ts'
import { type NatsBackplaneOptions, natsBackplane } from '../../src/index.ts'
import { Admin } from './admin.ts'
import { newPrefix } from './bench.ts'

/** A server with the nodes of a test, which end together. */
export class Nodes {
  readonly server: NatsServer
  readonly admin: Admin
  readonly prefix: string = newPrefix()
  readonly #nodes: Backplane[] = []

  private constructor(server: NatsServer, admin: Admin) {
    this.server = server
    this.admin = admin
  }

  /** Starts a server. */
  static async start(): Promise<Nodes> {
    const server = await NatsServer.start()
    return new Nodes(server, await Admin.connect(server.url))
  }

  /** Starts a node. */
  async node(options: NatsBackplaneOptions = {}): Promise<Backplane> {
    const { url: servers } = this.server
    const node = await natsBackplane({ servers, prefix: this.prefix, timeout: 2_000, ...options })
    this.#nodes.push(node)
    return node
  }

  /** Ends all nodes and the server. */
  async end(): Promise<void> {
    for (const node of this.#nodes) await node.close()
    await this.admin.close()
    await this.server.close()
  }
}
