import type { Client, Outbox, OutboxOptions } from '@chat/core'
import { createStore, get, set } from 'idb-keyval'
import { expect, it, onTestFinished } from 'vitest'
import { eventually, reaches } from './support/chat.ts'
import { call, urlOf } from './support/control.ts'

/** A page of its own: an iframe with its own modules, sockets and locks, which end with it. */
interface Page {
  readonly client: Client
  readonly outbox: Outbox
  /** Messages of `$error`. */
  readonly errors: string[]
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

type Prepare = (window: Window & typeof globalThis) => void

/** Opens a page of alice that connects to a URL. */
async function openPage(
  url: string,
  name: string,
  { prepare, ...options }: OutboxOptions & { readonly prepare?: Prepare } = {},
): Promise<Page> {
  const frame = document.createElement('iframe')
  document.body.append(frame)
  const window = frame.contentWindow as Window & typeof globalThis
  prepare?.(window)
  const load = window.eval('(url) => import(url)') as (url: string) => Promise<unknown>
  const urlOfModule = (path: string): string => new URL(path, import.meta.url).href
  const { connect } = (await load(urlOfModule('../src/index.ts'))) as typeof import('../src/index.ts')
  const { indexedDbOutbox } = (await load(
    urlOfModule('../src/outbox.ts'),
  )) as typeof import('../src/outbox.ts')
  const outbox = indexedDbOutbox(name, options)
  const client = connect(url, { token: 'alice', outbox }) as unknown as Client
  const errors: string[] = []
  client.on('$error', ({ error, subject }) => {
    if (subject === 'outbox') errors.push((error as Error).message)
  })
  const end = (): void => frame.remove()
  onTestFinished(end)
  return { client, outbox, errors, end }
}

const storeOf = (name: string) => createStore(`chat-outbox:${name}`, 'entries')

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

it('is opened with the name of a storage', async () => {
  const { indexedDbOutbox } = await import('../src/outbox.ts')
  expect(() => indexedDbOutbox('')).toThrow('unable to open an outbox: give the name of its storage')
})
