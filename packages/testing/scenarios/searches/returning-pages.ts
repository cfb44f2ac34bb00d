import {
  type Client,
  keepPositions,
  type Message,
  type Position,
  type PositionStorage,
  type Room,
  readMessages,
  type Untyped,
} from '@chat/core'
import { allFaults, type World } from '@chat/testing'
import { Cluster } from '../cluster/cluster.ts'
import type { Search } from '../search.ts'
import { network } from './delivery.ts'

const users = ['alice', 'bob'] as const

/** A browser with a storage that outlives its pages. Several pages may be open. Users take turns. */
class Device {
  readonly pages = new Set<Page>()
  /** Ids of the messages that the pages of a user have handled, by user and address. */
  readonly handled = new Map<string, Set<string>>()
  /** User and address of those with a gap. */
  readonly withGap = new Set<string>()
  /** First position of each user and address in the storage. */
  readonly starts = new Map<string, Position>()
  #text: string | null = null

  /** Returns the storage as a page has it, until the page has ended. */
  storageOf(page: { readonly ended: boolean }): PositionStorage {
    return {
      read: () => this.#text,
      write: (text) => {
        if (page.ended) return
        this.#text = text
        const [, rows] = JSON.parse(text) as [number, [string, string, Position, number][]]
        for (const [user, address, position] of rows) {
          const key = `${user} ${address}`
          if (!this.starts.has(key)) this.starts.set(key, position)
        }
      },
    }
  }

  /** Notes that a page has handled a message. */
  note(user: string, { address, id }: Message): void {
    const key = `${user} ${address}`
    const ids = this.handled.get(key) ?? new Set()
    this.handled.set(key, ids.add(id))
  }
}

/** A page with saved positions. Each address has a listener, or a loop that takes its time. */
class Page {
  ended = false
  readonly user: string
  readonly #cluster: Cluster
  readonly #device: Device
  #client: Client<Untyped> | null = null
  /** Offset of the last message of each address. */
  readonly #last = new Map<string, Position>()

  constructor(cluster: Cluster, device: Device, user: string) {
    this.#cluster = cluster
    this.#device = device
    this.user = user
    device.pages.add(this)
  }

  /** Connects, and joins the rooms. */
  async open(): Promise<this> {
    const { w, hubs, rooms } = this.#cluster
    const positions = keepPositions(this.#device.storageOf(this))
    const client = await w.client(hubs, this.user, { positions, observe: undefined })
    this.#client = client
    if (this.ended) client.close()
    else {
      this.#listen(client)
      for (const room of rooms)
        if (w.random() < 0.5) this.#listen(client.join(room))
        else void this.#loop(client.join(room))
    }
    return this
  }

  /** The page ends: with its last positions written, or at once. */
  end(saved: boolean): void {
    if (!saved) this.ended = true
    this.#client?.close()
    this.ended = true
    this.#device.pages.delete(this)
  }

  #listen(source: Pick<Client<Untyped>, 'on'> | Pick<Room<Untyped>, 'on'>): void {
    const on = source.on.bind(source) as Room<Untyped>['on']
    on('$gap', ({ address, to }) => this.#skip(address, to))
    on('say', (_, message) => message.durable && this.#handle(message))
  }

  async #loop(room: Room<Untyped>): Promise<void> {
    const { w } = this.#cluster
    const { timer } = w.runtime('loops')
    try {
      for await (const item of readMessages(room)) {
        if (item.event === '$gap' && 'to' in item) this.#skip(item.address, item.to)
        else {
          const delay = Math.floor(w.random() * 300)
          if (w.random() < 0.7) await new Promise<void>((go) => timer(delay, go))
          if (this.ended) return
          this.#handle(item as Message)
        }
      }
    } catch (error) {
      w.invariant('returning', () => `a loop of ${this.user} has failed: ${error}`)
    }
  }

  #handle(message: Message): void {
    const { w } = this.#cluster
    const { address, position } = message
    const last = this.#last.get(address)
    if (last !== undefined && last[0] === position[0] && position[1] <= last[1])
      w.invariant('returning', () => `${this.user} gets ${position} of ${address} behind ${last}`)
    this.#last.set(address, position)
    this.#device.note(this.user, message)
  }

  #skip(address: string, to: Position): void {
    this.#device.withGap.add(`${this.user} ${address}`)
    this.#last.set(address, to)
  }
}

const devicesOf = new WeakMap<Cluster, Device[]>()

async function start(w: World): Promise<Cluster> {
  const cluster = await Cluster.start(w, { users: ['carol', 'dave'] })
  devicesOf.set(cluster, [new Device(), new Device()])
  return cluster
}

/** Pages come and end, often at the same time as a message is on its way. */
async function comeAndGo(cluster: Cluster): Promise<void> {
  const { w, clients, rooms } = cluster
  const devices = devicesOf.get(cluster) ?? []
  const opening: Promise<unknown>[] = []
  for (let step = 0; step < 80; step++) {
    const device = cluster.draw(devices)
    const address = cluster.draw([...rooms, '*', '@alice', '@bob'])
    for (let burst = w.random() < 0.2 ? 10 : 1; burst > 0; burst--)
      cluster.sendMessage(cluster.draw(clients), address)
    await w.advance(Math.floor(w.random() * 300))
    const [page] = [...device.pages]
    if (page !== undefined && w.random() < 0.3) {
      page.end(w.random() < 0.3)
      w.sometimes('a page ends')
    }
    if (device.pages.size < 2 && w.random() < 0.4) {
      if (device.pages.size > 0) w.sometimes('two tabs')
      const user = [...device.pages][0]?.user ?? cluster.draw(users)
      opening.push(new Page(cluster, device, user).open())
    }
    await w.advance(Math.floor(w.random() * 1_500))
  }
  await w.advance('30s')
  await Promise.all(opening)
  for (const { pages } of devices) for (const page of [...pages]) page.end(w.random() < 0.3)
  await w.advance('20s')
}

/** Opens a last page of each user, and reads the logs: each message since the first saved place was handled. */
async function nothingIsMissing(cluster: Cluster): Promise<void> {
  const { w, running } = cluster
  const devices = devicesOf.get(cluster) ?? []
  for (const device of devices) {
    for (const user of users) {
      const page = await new Page(cluster, device, user).open()
      await w.advance('30s')
      page.end(true)
    }
    for (const [key, [epoch, at]] of device.starts) {
      const address = key.slice(key.indexOf(' ') + 1)
      const log = await running[0]?.to(address).history({ after: at, limit: 1_000 })
      const ids = device.handled.get(key)
      const missing = log?.messages.find(({ id }) => ids?.has(id) !== true)
      if (device.withGap.has(key)) w.sometimes('a gap after the return')
      w.invariant('returning', () => {
        if (device.withGap.has(key) || (log?.epoch === epoch && missing === undefined)) return true
        return `${key} is without ${missing?.id} at ${missing?.position[1]}, and was at ${at} first`
      })
    }
  }
  await w.advance('10s')
}

/** Searches of pages that end at any instant, and return with the positions of a storage. */
export const returningPages: readonly Search[] = [
  {
    name: 'returning pages',
    setup: start,
    workload: comeAndGo,
    check: nothingIsMissing,
    options: { faults: [...network, 'crash', 'drain', 'hints'], most: 6 },
    situations: ['a page ends', 'two tabs', 'a replay'],
  },
  {
    name: 'returning pages over a log that forgets',
    setup: start,
    workload: comeAndGo,
    check: nothingIsMissing,
    options: {
      faults: [...allFaults.filter((kind) => kind !== 'rollback'), 'trim', 'trim', 'wipe'],
      most: 8,
    },
    situations: ['a page ends', 'a gap after the return'],
  },
]
