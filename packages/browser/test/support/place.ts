import { type ChatError, Client, Hub, type Runtime } from '@chat/core'
import { type MemoryLink, MemoryNetwork } from '@chat/core/memory'
import type { BaseConnection, DialOptions } from '@chat/core/transport'
import { VirtualTime } from '@chat/testing'
import { onTestFinished } from 'vitest'
import { BlockedMemory } from '../../src/memory.ts'
import type { SessionMemory } from '../../src/options.ts'
import { Ways } from '../../src/ways.ts'

export const minute = 60_000

/** A storage as a browser's. */
export class Storage implements SessionMemory {
  readonly entries = new Map<string, string>()
  getItem = (key: string): string | null => this.entries.get(key) ?? null
  setItem = (key: string, value: string): void => void this.entries.set(key, value)
  removeItem = (key: string): void => void this.entries.delete(key)
}

interface Options {
  readonly storage?: SessionMemory | null
  readonly connectTimeout?: number
}

/** A hub that is reached on two ways, each of which can fail as networks do, all on one virtual clock. */
export class Place {
  readonly time = new VirtualTime()
  readonly hub: Hub
  readonly webSocket: MemoryLink
  readonly http: MemoryLink
  /** Each dial: its way, and when. */
  readonly dials: string[] = []
  readonly resumed: boolean[] = []
  httpError: ChatError | null = null
  readonly #network: MemoryNetwork
  readonly #runtime: Runtime

  constructor() {
    this.#runtime = this.time.runtime('page')
    this.#network = new MemoryNetwork(this.time.runtime('network', { work: true }))
    this.hub = new Hub({
      runtime: this.time.runtime('hub'),
      authenticate: ({ token }) => (token === null ? null : { id: token }),
      authorize: () => true,
    })
    this.hub.on('$connect', ({ resumed }) => this.resumed.push(resumed))
    this.#network.listen('hub', this.hub)
    this.webSocket = this.#network.link()
    this.http = this.#network.link()
  }

  /** A page that connects. */
  async enter({ storage = null, connectTimeout = 10_000 }: Options = {}) {
    const dialler = (name: 'webSocket' | 'http') => {
      const dial = this.#network.dialer('hub', { link: this[name] })
      return async (options: DialOptions): Promise<BaseConnection> => {
        this.dials.push(`${name} ${this.time.now / 1_000}`)
        if (name === 'http' && this.httpError !== null) throw this.httpError
        return (await dial(options)) as BaseConnection
      }
    }
    const ways = new Ways({
      webSocket: dialler('webSocket'),
      http: dialler('http'),
      runtime: this.#runtime,
      memory: new BlockedMemory(storage, 'hub'),
      timeout: 4_000,
      retry: minute,
    })
    const client = new Client({
      // The backoff without its chance.
      runtime: { ...this.#runtime, random: () => 0 },
      dial: (options) => ways.dial(options),
      environment: (surroundings) => ways.watch(surroundings),
      token: 'alice',
      connectTimeout,
    })
    onTestFinished(() => client.close())
    const heard: unknown[] = []
    client.join('#lobby').on('say', (data) => heard.push(data))
    client.join('#lobby').on('$gap', ({ reason }) => heard.push(reason))
    await this.time.advance(0)
    return { client, heard }
  }

  /** A client on a way of its own, on which nothing ever fails, and what it hears in the lobby. */
  watcher(): unknown[] {
    const client = new Client({ runtime: this.#runtime, dial: this.#network.dialer('hub'), token: 'watcher' })
    onTestFinished(() => client.close())
    const heard: unknown[] = []
    client.join('#lobby').on('say', (data) => heard.push(data))
    return heard
  }

  /** Which way is open now. */
  get open(): string[] {
    return (['webSocket', 'http'] as const).filter((name) => this[name].connections > 0)
  }
}
