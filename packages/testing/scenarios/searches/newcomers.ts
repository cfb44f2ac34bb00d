import type { Client, Message, Room, Untyped } from '@chat/core'
import { allFaults, type World } from '@chat/testing'
import { Cluster } from '../cluster/cluster.ts'
import type { Search } from '../search.ts'
import { network } from './delivery.ts'

/** Bytes of some messages: a page of history has room for five of them. */
const longMessage = 50_000

/** A client that begins with the newest messages of its rooms and its inbox. */
class Newcomer {
  /** Connects, and joins all rooms with `last`. */
  static async arrive(cluster: Cluster): Promise<Newcomer> {
    const { w } = cluster
    const last = 1 + Math.floor(w.random() * 30)
    // Dave is away when the messages to him are sent.
    const user = cluster.draw(['alice', 'bob', 'dave'])
    const client = await w.client(cluster.hubs, user, { inbox: { last } })
    return new Newcomer(cluster, client, last)
  }

  readonly client: Client<Untyped>
  readonly #cluster: Cluster
  readonly #last: number
  readonly #rooms = new Map<string, Room<Untyped>>()
  /** Messages since the last join or gap, by address. */
  readonly #heard = new Map<string, Message[]>()
  /** Offset behind the last gap, by address. */
  readonly #gaps = new Map<string, number>()

  private constructor(cluster: Cluster, client: Client<Untyped>, last: number) {
    this.#cluster = cluster
    this.client = client
    this.#last = last
    this.#listen(client, `@${client.user}`)
    for (const address of cluster.rooms) this.#join(address)
  }

  /** Leaves a room, and joins it anew. */
  comeAgain(): void {
    const address = this.#cluster.draw(this.#cluster.rooms)
    this.#rooms.get(address)?.leave()
    this.#join(address)
    this.#cluster.w.sometimes('a room is joined anew')
  }

  /** Checks that the messages are the newest of the log when the client came, and all that have followed. */
  async check(): Promise<void> {
    for (const address of this.#heard.keys()) {
      const log = await readLog(this.client, address)
      const wrong = this.#faultOf(address, log)
      this.#cluster.w.invariant(
        'newest',
        () => wrong === null || `${this.client.user} with the last ${this.#last} of ${address}: ${wrong}`,
      )
    }
  }

  #join(address: Room<Untyped>['address']): void {
    const room = this.client.join(address as `#${string}`, { last: this.#last })
    this.#rooms.set(address, room)
    // A hub refuses a first join while the log is out of reach.
    room.on('$leave', () => this.#heard.delete(address))
    this.#listen(room, address)
  }

  #listen(source: Pick<Room<Untyped>, 'on'>, address: string): void {
    const { w, sent } = this.#cluster
    const heard: Message[] = []
    this.#heard.set(address, heard)
    const asked = w.now
    let begun = asked
    this.#gaps.delete(address)
    source.on('$gap', (gap) => {
      if (gap.address !== address) return
      this.#gaps.set(address, gap.to[1])
      heard.splice(0)
      w.sometimes('a gap behind the newest messages')
    })
    source.on('say', (data, message) => {
      if (message.address !== address || !message.durable) return
      if (message.history === true) begun = w.now
      else if (heard.at(-1)?.history === true) {
        const since = sent[(data as { n: number }).n]?.since ?? 0
        if (since > asked && since < begun) w.sometimes('a message is sent while the newest are read')
      }
      heard.push(message)
    })
  }

  #faultOf(address: string, log: readonly Message[]): string | null {
    const heard = this.#heard.get(address) ?? []
    const kept = log[0]?.position[1] ?? Number.POSITIVE_INFINITY
    const gap = this.#gaps.get(address)
    const start = gap === undefined ? (heard[0]?.position[1] ?? 0) : gap + 1
    const told = idsOf(heard.filter(({ position }) => position[1] >= kept))
    const expected = idsOf(log.filter(({ position }) => position[1] >= start))
    if (told !== expected) return `received ${told}, where the log has ${expected}`
    return gap === undefined ? this.#faultOfHistory(heard, kept) : null
  }

  /** Returns a fault of the messages with which an address has begun. */
  #faultOfHistory(heard: readonly Message[], kept: number): string | null {
    const history = heard.filter((message) => message.history === true)
    if (history.length > this.#last) return `${history.length} messages are history`
    if (history.some((message, index) => message !== heard[index]))
      return 'history behind a message that is none'
    if (history.length === this.#last) return null
    this.#cluster.w.sometimes('fewer messages than asked for')
    const first = heard[0]?.position[1] ?? kept
    return first <= kept ? null : `only ${history.length} messages are history, and the log had more`
  }
}

const idsOf = (messages: readonly Message[]): string => messages.map(({ id }) => id).join()

/** Reads a log as a whole. */
async function readLog(client: Client<Untyped>, address: string): Promise<readonly Message[]> {
  const log: Message[] = []
  for (let more = true; more; ) {
    const before = log[0]?.position[1]
    const page = await client.history(address, { ...(before === undefined ? {} : { before }), limit: 1_000 })
    log.unshift(...(page.messages as Message[]))
    more = page.more
  }
  return log
}

/** Clients come and begin with the newest messages, while others send. */
async function comeAndGo(cluster: Cluster): Promise<void> {
  const { w, clients, rooms } = cluster
  const coming: Promise<unknown>[] = []
  const here: Newcomer[] = []
  for (let step = 0; step < 60; step++) {
    const address = cluster.draw([...rooms, '@alice', '@bob', '@dave'])
    const bytes = w.random() < 0.15 ? longMessage : 0
    for (let burst = w.random() < 0.3 ? 8 : 1; burst > 0; burst--)
      cluster.sendMessage(cluster.draw(clients), address, bytes)
    if (step % 10 === 3) coming.push(Newcomer.arrive(cluster).then((newcomer) => here.push(newcomer)))
    if (w.random() < 0.1 && here.length > 0) cluster.draw(here).comeAgain()
    await w.advance(Math.floor(w.random() * 2_000))
  }
  await Promise.all(coming)
  await w.advance('90s')
  const checks = Promise.all(here.map((newcomer) => newcomer.check()))
  await w.advance('20s')
  await checks
  for (const { client } of here) client.close()
  await w.advance('5s')
}

const setup = (w: World): Promise<Cluster> =>
  Cluster.start(w, { users: ['alice', 'bob', 'carol'], hub: { limits: { rate: 1_000, burst: 1_000 } } })

/** Searches of clients that begin with the newest messages. */
export const newcomers: readonly Search[] = [
  {
    name: 'newcomers',
    setup,
    workload: comeAndGo,
    options: { faults: [...network, 'crash', 'drain', 'outage', 'hints', 'answers'], most: 8 },
    situations: [
      'a message is sent while the newest are read',
      'a room is joined anew',
      'fewer messages than asked for',
    ],
  },
  {
    name: 'newcomers to a log that forgets',
    setup,
    workload: comeAndGo,
    options: { faults: [...allFaults.filter((kind) => kind !== 'rollback'), 'wipe', 'wipe'] },
    situations: ['a message is sent while the newest are read', 'a gap behind the newest messages'],
  },
]
