import type { Client, Delivery, Position, Room, Untyped } from '@chat/core'
import { Cluster } from '../cluster/cluster.ts'
import type { Search } from '../search.ts'
import { network } from './delivery.ts'

/** Number of messages after which a client that does not listen reads no further. */
const enough = 100

/** A client that joins all rooms, and listens later. The world does not observe it, as an application would not. */
class LateListener {
  /** Connects, and joins the rooms. */
  static async arrive(cluster: Cluster): Promise<LateListener> {
    const client = await cluster.w.client(cluster.hubs, cluster.draw(['alice', 'bob', 'dave']), {
      observe: undefined,
    })
    const rooms = cluster.rooms.map((room) => client.join(room))
    await Promise.all(rooms.map(({ ready }) => ready))
    return new LateListener(cluster, client, rooms)
  }

  readonly client: Client<Untyped>
  readonly #cluster: Cluster
  readonly #rooms: readonly Room<Untyped>[]
  /** Positions at which the client began. */
  readonly #start: Readonly<Record<string, Position>>
  readonly #sentBefore: number
  readonly #heard: Delivery[] = []
  readonly #withGap = new Set<string>()
  #listens = false

  private constructor(cluster: Cluster, client: Client<Untyped>, rooms: readonly Room<Untyped>[]) {
    this.#cluster = cluster
    this.client = client
    this.#rooms = rooms
    this.#start = client.positions
    this.#sentBefore = cluster.sent.length
  }

  /** Adds the listeners, once. */
  listen(): void {
    if (this.#listens) return
    this.#listens = true
    const { sent, w } = this.#cluster
    if (sent.length > this.#sentBefore + 5 * enough) w.sometimes('more messages than can wait')
    const sources = [this.client, ...this.#rooms] as readonly Pick<Room<Untyped>, 'on'>[]
    for (const source of sources) {
      source.on('$gap', ({ address }) => this.#withGap.add(address))
      source.on('say', (_, message) => this.#heard.push(message))
    }
  }

  /** Checks that the client has received every message since its start, in the order of the log and once. */
  async check(): Promise<void> {
    const { w } = this.#cluster
    for (const [address, [, at]] of Object.entries(this.#start)) {
      const { messages } = await this.client.history(address, { after: at, limit: 1_000 })
      const expected = messages.map(({ id }) => id).join()
      const heard = this.#heard.filter((message) => message.address === address)
      const ids = heard.map(({ id }) => id).join()
      w.invariant('late', () => {
        if (this.#withGap.has(address) || ids === expected) return true
        return `${this.client.user} has received ${ids} of ${address} since ${at}, where the log has ${expected}`
      })
    }
  }
}

/** Clients come and listen later, while others send, now and then very much. */
async function comeAndListen(cluster: Cluster): Promise<void> {
  const { w, clients, rooms } = cluster
  const coming: Promise<unknown>[] = []
  const here: LateListener[] = []
  for (let step = 0; step < 60; step++) {
    const client = cluster.draw(clients)
    const address = cluster.draw([...rooms, '*', '@alice', '@bob'])
    for (let burst = w.random() < 0.3 ? 40 : 1; burst > 0; burst--) cluster.sendMessage(client, address)
    if (step % 12 === 0) coming.push(LateListener.arrive(cluster).then((listener) => here.push(listener)))
    if (w.random() < 0.05 && here.length > 0) cluster.draw(here).listen()
    await w.advance(Math.floor(w.random() * 3_000))
  }
  await Promise.all(coming)
  for (const listener of here) listener.listen()
  await w.advance('90s')
  for (const listener of here) await listener.check()
  for (const { client } of here) client.close()
  await w.advance('5s')
}

/** Search of clients whose listeners come long after the messages. */
export const lateListeners: readonly Search[] = [
  {
    name: 'late listeners',
    setup: (w) => Cluster.start(w),
    workload: comeAndListen,
    options: { faults: [...network, 'crash', 'drain', 'hints'], most: 8 },
    situations: ['more messages than can wait', 'a session goes on at another hub', 'a replay'],
  },
]
