import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { Client, Hub, type Position } from '@chat/core'
import { MemoryNetwork } from '@chat/core/memory'
import type { Connection, Dialer, Sink } from '@chat/core/transport'
import { VirtualTime } from '@chat/testing'
import type { WireWelcome } from '@chat/testing/conformance'
import { describe, expect, test } from 'vitest'
import { RawClient } from '../support/raw-client.ts'

/** A hub, its tabs, and what a page could have read on the wire. */
class Browser {
  readonly time = new VirtualTime()
  readonly network = new MemoryNetwork(this.time.runtime('network', { work: true }))
  readonly hub = new Hub({
    authenticate: ({ token }) => (token === null ? null : { id: token }),
    authorize: () => true,
    runtime: this.time.runtime('hub'),
  })
  readonly secrets: string[] = []
  dials = 0

  constructor() {
    this.network.listen('hub', this.hub)
  }

  async tab(positions: Readonly<Record<string, Position>> = {}): Promise<Client & { heard: unknown[] }> {
    const client = new Client({
      dial: this.#dial,
      runtime: this.time.runtime(`tab ${++this.dials}`),
      token: 'alice',
      positions,
    })
    const heard: unknown[] = []
    client.join('#a').on('say', (data) => heard.push(data))
    await this.time.settle()
    return Object.assign(client, { heard })
  }

  async raw(): Promise<RawClient> {
    const dialled = this.network.dialer('hub')({
      protocols: ['chat.v1.json'],
      signal: new AbortController().signal,
    })
    await this.time.settle()
    return new RawClient(await dialled, () => this.time.settle())
  }

  async say(data: unknown): Promise<void> {
    await this.hub.to('#a').send('say', data)
    await this.time.settle()
  }

  /** Dials, and overhears the secrets of the welcomes. */
  readonly #dial: Dialer = async (how) => {
    this.dials++
    return overheard(await this.network.dialer('hub')(how), (text) => {
      const frame = JSON.parse(text.split('\n')[0] ?? '')
      if (frame[0] === 'welcome') this.secrets.push((frame[1] as WireWelcome).session.secret)
    })
  }
}

/** A connection whose transmissions are also told to somebody else. */
function overheard(connection: Connection, hear: (text: string) => void): Connection {
  return new Proxy(connection, {
    get(target, name: keyof Connection) {
      if (name !== 'attach') {
        const own = target[name]
        return typeof own === 'function' ? own.bind(target) : own
      }
      return (sink: Sink) =>
        target.attach({
          receive(transmission) {
            hear(String(transmission))
            sink.receive(transmission)
          },
          drain: () => sink.drain(),
          closed: (code, reason) => sink.closed(code, reason),
        })
    },
  })
}

describe('a duplicated browser tab', () => {
  test('S-30: two tabs with the same saved positions are two sessions, and neither misses a message', async () => {
    const browser = new Browser()
    const first = await browser.tab()
    await browser.say(1)
    const saved = JSON.parse(JSON.stringify(first.positions)) as Record<string, Position>
    first.close()
    await browser.say(2)
    const tabs = [await browser.tab(saved), await browser.tab(saved)]
    await browser.say(3)
    expect(tabs.map(({ heard }) => heard)).toEqual([
      [2, 3],
      [2, 3],
    ])
    expect(new Set(tabs.map(({ session }) => session)).size).toBe(2)
    expect(browser.hub.sessions).toHaveLength(2)
    await browser.time.advance(600_000)
    expect(tabs.map(({ status }) => status)).toEqual(['connected', 'connected'])
  })

  test('S-30: data that a page can save does not hold the secret', async () => {
    const browser = new Browser()
    const tab = await browser.tab()
    const secret = browser.secrets[0] as string
    expect(secret).toMatch(/^\S{22,}$/)
    const shown = inspect(tab, { depth: 20, showHidden: true, getters: true })
    expect(shown).toContain(tab.session)
    expect(shown).not.toContain(secret)
    expect(JSON.stringify([tab, tab.positions, tab.session])).not.toContain(secret)
  })

  test('S-30: no module of the SDK writes to a storage, except the memory of a blocked WebSocket and the positions', () => {
    const storage = /\b(localStorage|sessionStorage|indexedDB|document\.cookie|BroadcastChannel|caches)\b/
    const folders = ['core', 'browser'].map((name) => join(import.meta.dirname, '../../..', name, 'src'))
    const files = folders.flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => join(folder, name)),
    )
    expect(files.length).toBeGreaterThan(50)
    const code = (file: string): string => readFileSync(file, 'utf8').replace(/\/\*.*?\*\/|\/\/[^\n]*/gs, '')
    const writing = files.filter((file) => storage.test(code(file)))
    expect(writing.map((file) => file.replace(/.*packages\//, '')).sort()).toEqual([
      'browser/src/blocked-memory.ts',
      'browser/src/local-storage-positions.ts',
    ])
  })

  test('S-30: when two clients resume a session, the newest wins, and the older never takes the session back', async () => {
    const browser = new Browser()
    const tab = await browser.tab()
    const dials = browser.dials
    const thief = await browser.raw()
    const secret = browser.secrets[0] as string
    const welcome = await thief.hello('alice', { session: { id: tab.session, secret, n: 1 } })
    expect(welcome).toMatchObject({ resumed: true, session: { id: tab.session } })
    expect(tab.status).toBe('closed')
    for (let i = 0; i < 30; i++) {
      await browser.time.advance(20_000)
      await thief.say(['pong'])
    }
    expect(browser.dials).toBe(dials)
    expect(thief.code).toBeNull()
    expect(browser.hub.sessions).toHaveLength(1)
  })

  test.each([
    ['has written since', true, [false]],
    ['has not written yet', false, [true, false]],
  ])(
    'S-30: two that both come back whenever they are replaced do not go on for ever: the newest %s',
    async (_, writes, outcomes) => {
      const browser = new Browser()
      const first = await browser.raw()
      const { session } = await first.hello('alice')
      const second = await browser.raw()
      await second.hello('alice', { session: { ...session, n: 1 } })
      if (writes) await second.say(['pong'])
      expect(first.code).toBe(4509)
      // Each comes back with the newest secret that it was given, as soon as it is replaced.
      const again: boolean[] = []
      const secrets = [session, second.welcome.session]
      let replaced = 0
      for (let newest = second; again.length < 10; ) {
        const back = await browser.raw()
        const { resumed } = await back.hello('alice', { session: { ...secrets[replaced], n: 2 } })
        again.push(resumed)
        if (newest.code === null) break
        secrets[replaced] = back.welcome.session
        replaced = 1 - replaced
        newest = back
      }
      expect(again).toEqual(outcomes)
      expect(browser.hub.sessions).toHaveLength(2)
    },
  )
})
