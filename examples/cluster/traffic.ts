import { Client } from '@chat/core'
import { dial as dialHttp } from '@chat/http/client'
import { dial as dialWebSocket } from '@chat/node-ws'
import type { ClusterChat, Traffic } from './contract.ts'

const room = '#traffic'
/** Time between two messages of a client, in milliseconds. */
const interval = 200

/** Clients that send numbered messages to each other through the proxy, and count what arrives. */
export class TrafficGenerator {
  readonly #clients: Client<ClusterChat>[] = []
  readonly #names: string[]
  readonly #timers: NodeJS.Timeout[] = []
  /** For each receiver and sender: the number of the last message. */
  readonly #last = new Map<string, number>()
  readonly #counts = { sent: 0, acknowledged: 0, received: 0, missing: 0, twice: 0, gaps: 0, failed: 0 }

  /** @param origin - Where the proxy listens. Every second client uses HTTP alone. */
  constructor(origin: string, count: number) {
    this.#names = Array.from({ length: count }, (_, i) => `traffic-${i}`)
    for (const [i, name] of this.#names.entries()) {
      const dial =
        i % 2 === 0 ? dialWebSocket(`${origin.replace('http', 'ws')}/chat`) : dialHttp(`${origin}/chat`)
      const client = new Client<ClusterChat>({ dial, token: name })
      this.#clients.push(client)
      client.on('$error', ({ error }) => console.error(`${name}: ${error}`))
    }
  }

  get counts(): Traffic {
    const { sent, acknowledged, ...rest } = this.#counts
    const clients = this.#clients.length
    return { clients, sent, acknowledged, expected: acknowledged * clients, ...rest }
  }

  /** Joins all clients, and begins to send. */
  async start(): Promise<void> {
    const rooms = this.#clients.map((client) => client.join(room))
    await Promise.all(rooms.map(({ ready }) => ready))
    for (const [i, joined] of rooms.entries()) {
      const [client, name] = [this.#clients[i], this.#names[i]] as [Client<ClusterChat>, string]
      joined.on('tick', (n, { from }) => this.#receive(`${name} ${from}`, n))
      joined.on('$gap', () => this.#counts.gaps++)
      let n = 0
      const send = (): void => {
        this.#counts.sent++
        client
          .to(room)
          .send('tick', ++n)
          .then(
            () => this.#counts.acknowledged++,
            () => this.#counts.failed++,
          )
      }
      this.#timers.push(setInterval(send, interval))
    }
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
    for (const client of this.#clients) client.close()
  }

  #receive(pair: string, n: number): void {
    const last = this.#last.get(pair) ?? 0
    if (n <= last) this.#counts.twice++
    else {
      this.#counts.received++
      this.#counts.missing += n - last - 1
      this.#last.set(pair, n)
    }
  }
}
