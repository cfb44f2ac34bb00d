import { type ChatError, Client, Hub, type Runtime } from '@chat/core'
import { type MemoryLink, MemoryNetwork } from '@chat/core/memory'
import type { BaseConnection, DialOptions } from '@chat/core/transport'
import { VirtualTime } from '@chat/testing'
import { onTestFinished } from 'vitest'
import { BlockedMemory } from '../../src/blocked-memory.ts'
import { FallbackDialer } from '../../src/fallback-dialer.ts'
import type { SessionMemory } from '../../src/options.ts'

export const minute = 60_000

/** Storage like a browser's. */
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

/** Hub that pages reach over two paths of a network, each of which can fail, on one virtual clock. */
export class TwoPaths {
  readonly time = new VirtualTime()
  readonly hub: Hub
  readonly webSocket: MemoryLink
  readonly http: MemoryLink
  /** Path and time in seconds of each dial. */
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

  /** Connects a page. */
  async enter({ storage = null, connectTimeout = 10_000 }: Options = {}) {
    const dialer = (name: 'webSocket' | 'http') => {
      const dial = this.#network.dialer('hub', { link: this[name] })
      return async (options: DialOptions): Promise<BaseConnection> => {
        this.dials.push(`${name} ${this.time.now / 1_000}`)
        if (name === 'http' && this.httpError !== null) throw this.httpError
        return (await dial(options)) as BaseConnection
      }
    }
    const fallback = new FallbackDialer({
      webSocket: dialer('webSocket'),
      http: dialer('http'),
      runtime: this.#runtime,
      memory: new BlockedMemory(storage, 'hub'),
      timeout: 4_000,
      retry: minute,
    })
    const client = new Client({
      // Takes the random part out of the backoff.
      runtime: { ...this.#runtime, random: () => 0 },
      dial: (options) => fallback.dial(options),
      environment: (hints) => fallback.attach(hints),
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

  /** Connects a client over a path of its own that never fails. Returns the messages that it receives in the lobby. */
  watcher(): unknown[] {
    const client = new Client({ runtime: this.#runtime, dial: this.#network.dialer('hub'), token: 'watcher' })
    onTestFinished(() => client.close())
    const heard: unknown[] = []
    client.join('#lobby').on('say', (data) => heard.push(data))
    return heard
  }

  /** Paths with an open connection. */
  get open(): string[] {
    return (['webSocket', 'http'] as const).filter((name) => this[name].connections > 0)
  }
}
