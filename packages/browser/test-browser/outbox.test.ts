import type { Client, Outbox, OutboxOptions, PositionSource } from '@chat/core'
import { createStore, get, set, type UseStore } from 'idb-keyval'
import { expect, it, onTestFinished } from 'vitest'
import { eventually, reaches } from './support/chat.ts'
import { call, urlOf } from './support/control.ts'

/** A page of its own: an iframe with its own modules, sockets and locks, which end with it. */
interface Page {
  readonly client: Client
  readonly outbox: Outbox
  /** Messages of `$error`. */
  readonly errors: string[]
  /** Messages that the page has received, and gaps. */
  readonly shown: unknown[]
  /** Ends the page as a crash or a reload does. */
  end(): void
}

let names = 0

/** Starts a hub, and returns its path and the name of an outbox that no other test has. */
async function start(): Promise<{ hub: string; name: string }> {
  const hub = await call('startHub')
  onTestFinished(() => call('stopHub', hub).then(() => {}))
  return { hub, name: `test ${Date.now()} ${++names}` }
}

interface PageOptions extends OutboxOptions {
  /** Called with the window of the page, before it loads the client. */
  readonly prepare?: (window: Window & typeof globalThis) => void
  /** User of the page. Default: alice. */
  readonly token?: string
  /** `true` when the page saves its positions. */
  readonly places?: boolean
}

/** Opens a page that connects to a URL. */
async function openPage(
  url: string,
  name: string,
  { prepare, token = 'alice', places = false, ...options }: PageOptions = {},
): Promise<Page> {
  const frame = document.createElement('iframe')
  document.body.append(frame)
  const window = frame.contentWindow as Window & typeof globalThis
  prepare?.(window)
  const load = window.eval('(url) => import(url)') as (url: string) => Promise<unknown>
  const urlOfModule = (path: string): string => new URL(path, import.meta.url).href
  const { connect, localStoragePositions } = (await load(
    urlOfModule('../src/index.ts'),
  )) as typeof import('../src/index.ts')
  const { indexedDbOutbox } = (await load(
    urlOfModule('../src/outbox.ts'),
  )) as typeof import('../src/outbox.ts')
  const outbox = indexedDbOutbox(name, options)
  const positions: { positions?: PositionSource } = places ? { positions: localStoragePositions(name) } : {}
  const client = connect(url, { token, outbox, ...positions }) as unknown as Client
  const shown: unknown[] = []
  client.on('say', (data) => shown.push(data))
  const errors: string[] = []
  client.on('$error', ({ error, subject }) => {
    if (subject === 'outbox') errors.push((error as Error).message)
  })
  const end = (): void => frame.remove()
  onTestFinished(end)
  return { client, outbox, errors, shown, end }
}

/** Returns the database of an outbox, with connections that do not keep it from being deleted. */
function storeOf(name: string): UseStore {
  const store = createStore(`chat-outbox:${name}`, 'entries')
  return (mode, callback) =>
    store(mode, (entries) => {
      const { db } = entries.transaction
      db.onversionchange = () => db.close()
      return callback(entries)
    })
}

/** Waits until as many messages of alice are in the database. */
const saves = (name: string, count: number) =>
  expect.poll(async () => (await get('alice', storeOf(name)))?.entries.length ?? 0).toBe(count)

/** Sends a text to everyone; its page may end before it is stored. */
const say = ({ client }: Page, text: string): void => {
  client
    .to('*')
    .send('say', text)
    .catch(() => {})
}

async function stored({ client }: Page): Promise<unknown[]> {
  return (await client.history('*')).messages.map(({ data }) => data)
}

it('stores what was sent offline after a reload, once', async () => {
  const { hub, name } = await start()
  const first = await openPage(await call('nowhere'), name, { user: 'alice' })
  say(first, 'one')
  say(first, 'two')
  await saves(name, 2)
  first.end()
  const next = await openPage(urlOf(hub), name)
  await reaches(next.client, 'connected')
  await eventually(async () => expect(await stored(next)).toEqual(['one', 'two']))
  await saves(name, 0)
  expect([next.outbox.items, next.errors]).toEqual([[], []])
})

it('leaves the messages of an open tab to that tab, and sends those of a tab that has ended', async () => {
  const { hub, name } = await start()
  const first = await openPage(await call('nowhere'), name, { user: 'alice' })
  say(first, 'one')
  await saves(name, 1)
  const second = await openPage(urlOf(hub), name)
  await second.client.to('*').send('say', 'two')
  expect(await stored(second)).toEqual(['two'])
  first.end()
  const third = await openPage(urlOf(hub), name)
  await eventually(async () => expect(await stored(third)).toEqual(['two', 'one']))
  await saves(name, 0)
})

it('sends without a storage that is blocked, and tells it once', async () => {
  const { hub, name } = await start()
  const page = await openPage(urlOf(hub), name, {
    prepare: (window) =>
      Object.defineProperty(window, 'indexedDB', {
        get: () => {
          throw new DOMException('blocked', 'SecurityError')
        },
      }),
  })
  await page.client.to('*').send('say', 'one')
  await page.client.to('*').send('say', 'two')
  expect(await stored(page)).toEqual(['one', 'two'])
  expect(page.errors).toEqual(['unable to keep messages in the outbox: blocked'])
})

it('leaves what a page of another version has stored, and sends without it', async () => {
  const { hub, name } = await start()
  const newer = { version: 2, entries: 'of another form' }
  await set('alice', newer, storeOf(name))
  const page = await openPage(urlOf(hub), name)
  await page.client.to('*').send('say', 'one')
  expect(page.errors).toEqual([
    'unable to keep messages in the outbox: the storage has version 2, and this page knows version 1',
  ])
  expect(await get('alice', storeOf(name))).toEqual(newer)
})

it('sends without a storage that is full, and tells it once', async () => {
  const { hub, name } = await start()
  const page = await openPage(urlOf(hub), name, {
    prepare: (window) => {
      window.IDBObjectStore.prototype.put = () => {
        throw new DOMException('full', 'QuotaExceededError')
      }
    },
  })
  await page.client.to('*').send('say', 'one')
  await page.client.to('*').send('say', 'two')
  expect(await stored(page)).toEqual(['one', 'two'])
  expect(page.errors).toEqual(['unable to keep messages in the outbox: full'])
})

it('has the database deleted while a page is open, and stores the messages again', async () => {
  const { hub, name } = await start()
  const first = await openPage(await call('nowhere'), name, { user: 'alice' })
  say(first, 'one')
  await saves(name, 1)
  await new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(`chat-outbox:${name}`)
    Object.assign(request, {
      onsuccess: resolve,
      onerror: reject,
      onblocked: () => reject(new Error('blocked')),
    })
  })
  say(first, 'two')
  await saves(name, 2)
  first.end()
  const next = await openPage(urlOf(hub), name)
  await eventually(async () => expect(await stored(next)).toEqual(['one', 'two']))
  await saves(name, 0)
  expect(next.errors).toEqual([])
})

it('drops malformed and old messages, tells both, and sends the others', async () => {
  const { hub, name } = await start()
  const entry = { key: 'k', page: 'old/1', time: Date.now(), body: '"*","say","one"]', id: null, since: null }
  const old = { ...entry, key: 'o', time: Date.now() - 700_000_000 }
  await set('alice', { version: 1, entries: [null, { ...entry, body: '"*"' }, old, entry] }, storeOf(name))
  const page = await openPage(urlOf(hub), name)
  await eventually(async () => expect(await stored(page)).toEqual(['one']))
  await saves(name, 0)
  expect(page.errors).toEqual([
    'unable to send 2 messages: the storage has them malformed',
    "unable to send 1 messages: they waited longer than the option 'maxAge'",
  ])
})

it('neither shows nor sends the messages of alice in a tab of bob', async () => {
  const { hub, name } = await start()
  const alice = await openPage(await call('nowhere'), name, { user: 'alice' })
  say(alice, 'from alice')
  await saves(name, 1)
  alice.end()
  const bob = await openPage(urlOf(hub), name, { token: 'bob' })
  await bob.client.to('*').send('say', 'from bob')
  expect([await stored(bob), bob.outbox.items]).toEqual([['from bob'], []])
  const next = await openPage(urlOf(hub), name)
  await eventually(async () => expect(await stored(next)).toEqual(['from bob', 'from alice']))
  expect(bob.outbox.items).toEqual([])
})

it('loses, doubles and repeats nothing with saved places, over reloads and the page of another user', async () => {
  const { hub, name } = await start()
  const options = { user: 'alice', places: true }
  const first = await openPage(urlOf(hub), name, options)
  await first.client.to('*').send('say', 'one')
  await eventually(() => expect(first.shown).toEqual(['one']))
  await eventually(() => expect(localStorage.getItem(`chat positions of ${name}`)).toContain('"*"'))
  first.end()
  const offline = await openPage(await call('nowhere'), name, options)
  say(offline, 'two')
  await saves(name, 1)
  offline.end()
  const bob = await openPage(urlOf(hub), name, { token: 'bob', places: true })
  await bob.client.to('*').send('say', 'three')
  bob.end()
  const next = await openPage(urlOf(hub), name, options)
  await eventually(() => expect(next.shown).toEqual(['three', 'two']))
  await saves(name, 0)
  expect([await stored(next), next.outbox.items]).toEqual([['one', 'three', 'two'], []])
  const last = await openPage(urlOf(hub), name, options)
  await reaches(last.client, 'connected')
  expect([await stored(last), next.errors]).toEqual([['one', 'three', 'two'], []])
})

it('is opened with the name of a storage', async () => {
  const { indexedDbOutbox } = await import('../src/outbox.ts')
  expect(() => indexedDbOutbox('')).toThrow('unable to open an outbox: give the name of its storage')
})
