import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unusedPort } from '../test-server.ts'
import { BrokerProcess, removeFolder, temporaryFolder } from './broker-process.ts'
import { until } from './until.ts'

/** A NATS server with JetStream on a free port of 127.0.0.1, with a temporary folder of its own. */
export class NatsServer {
  readonly port: number
  /** Port of the monitoring, which answers HTTP. */
  readonly monitoring: number
  readonly name: string
  /** The process of the server. */
  readonly process: BrokerProcess
  /** The temporary folder of the server, which holds its streams. */
  readonly folder: string

  private constructor(place: NatsPlace, process: BrokerProcess) {
    this.port = place.port
    this.monitoring = place.monitoring
    this.name = place.name
    this.folder = place.folder
    this.process = process
  }

  /** Starts a server. It keeps streams in its folder, so that they survive a restart. */
  static async start(): Promise<NatsServer> {
    return NatsServer.#startAt(await newPlace('single'), [])
  }

  /** Starts servers that form a cluster, and resolves when they have chosen a leader. */
  static async startCluster(count = 3): Promise<NatsServer[]> {
    const places = await Promise.all(Array.from({ length: count }, (_, index) => newPlace(`n${index + 1}`)))
    const routes = places.map(({ routePort }) => `nats://127.0.0.1:${routePort}`)
    const servers = await Promise.all(
      places.map((place) => NatsServer.#startAt(place, clusterLines(place, routes))),
    )
    await until(
      'a cluster of NATS with a leader',
      async () => {
        const states = await Promise.all(servers.map((server) => server.state()))
        return states.every(({ meta_cluster: meta }) => meta?.leader !== undefined && meta.leader !== '')
      },
      30_000,
    )
    return servers
  }

  /** URL of the server. */
  get url(): string {
    return `nats://127.0.0.1:${this.port}`
  }

  /** Resolves with the state of JetStream, with all streams. */
  async state(): Promise<NatsState> {
    const answer = await fetch(`http://127.0.0.1:${this.monitoring}/jsz?streams=true&accounts=true`)
    return (await answer.json()) as NatsState
  }

  /** Resolves with the name of the server that leads a stream whose name contains a text. */
  async leaderOf(text: string): Promise<string> {
    const { account_details: accounts = [] } = await this.state()
    for (const { stream_detail: streams = [] } of accounts)
      for (const { name, cluster } of streams)
        if (name.includes(text) && cluster?.leader !== undefined) return cluster.leader
    throw new Error(`unable to find the leader of '${text}': ${JSON.stringify(accounts)}`)
  }

  /** Ends the process without warning. */
  kill(): Promise<void> {
    return this.process.kill()
  }

  /** Starts the server again, on the same port and with the same folder. */
  restart(): Promise<void> {
    return this.process.start()
  }

  /** Ends the server, and removes its folder. */
  async close(): Promise<void> {
    this.process.resume()
    await this.process.kill()
    removeFolder(this.folder)
  }

  static async #startAt(place: NatsPlace, lines: readonly string[]): Promise<NatsServer> {
    const { name, folder, port, monitoring } = place
    const file = join(folder, 'nats.conf')
    const own = [
      `server_name: ${name}`,
      `listen: 127.0.0.1:${port}`,
      `http: 127.0.0.1:${monitoring}`,
      `jetstream { store_dir: "${join(folder, 'store')}" }`,
    ]
    writeFileSync(file, `${[...own, ...lines].join('\n')}\n`)
    const process = await BrokerProcess.start({
      program: 'nats-server',
      args: ['-c', file],
      ready: /Server is ready/,
    })
    return new NatsServer(place, process)
  }
}

/** The part of NATS' answer about JetStream that tests read. */
export interface NatsState {
  readonly meta_cluster?: { readonly leader?: string }
  readonly streams?: number
  readonly consumers?: number
  readonly account_details?: readonly {
    readonly stream_detail?: readonly {
      readonly name: string
      readonly cluster?: { readonly leader?: string }
    }[]
  }[]
}

interface NatsPlace {
  readonly name: string
  readonly folder: string
  readonly port: number
  readonly monitoring: number
  readonly routePort: number
}

async function newPlace(name: string): Promise<NatsPlace> {
  const [port, monitoring, routePort] = [await unusedPort(), await unusedPort(), await unusedPort()]
  return { name, folder: temporaryFolder(), port, monitoring, routePort }
}

function clusterLines({ routePort }: NatsPlace, routes: readonly string[]): string[] {
  return ['cluster {', '  name: chat', `  listen: 127.0.0.1:${routePort}`, `  routes: [${routes}]`, '}']
}
