import { systemRuntime } from '@chat/core'
import { Batch, Frame } from '@chat/core/transport'
import { VirtualTime } from '@chat/testing'
import { expect, onTestFinished, test, vi } from 'vitest'
import { httpHandler } from '../src/index.ts'
import { get, PlainClient } from './support/plain-client.ts'
import { TestHub } from './support/test-hub.ts'

test('the first event of a stream is an unguessable id, different for each stream (P-HT-1)', async () => {
  const { fetch } = httpHandler(new TestHub(), { path: '/chat' })

  const ids = await Promise.all([1, 2, 3].map(async () => (await PlainClient.open(fetch)).id))

  expect(new Set(ids).size).toBe(3)
  for (const id of ids) expect(id).toMatch(/^[\w-]{24}$/)
})

test('later events carry transmissions, whole, with all their frames (P-HT-1, P-FR-1)', async () => {
  const host = new TestHub()
  const client = await PlainClient.open(httpHandler(host, { path: '/chat' }).fetch)

  host.newest.write(Batch.root().append(new Frame('["a",1]')).append(new Frame('["b","\\n \u2028"]')))
  host.newest.write(Batch.root().append(new Frame('[" c"]')))

  expect(await client.next()).toEqual({ type: '', data: '["a",1]\n["b","\\n \u2028"]' })
  expect(await client.next()).toEqual({ type: '', data: '[" c"]' })
})

test('a close is an event of its own after all sent events, and ends the stream (P-HT-5)', async () => {
  const host = new TestHub({ greeting: ['["first"]'], farewell: { code: 4503, reason: 'not "you"\n' } })
  const client = await PlainClient.open(httpHandler(host, { path: '/chat' }).fetch)

  expect(await client.next()).toEqual({ type: '', data: '["first"]' })
  expect(await client.next()).toEqual({ type: 'close', data: '[4503,"not \\"you\\"\\n"]' })
  await client.ended()
  expect(host.end).toEqual({ code: 4503, reason: 'not "you"\n' })
})

test('headers agree on a subprotocol; without an offer there is no subprotocol (P-HT-6, P-FR-8)', async () => {
  const host = new TestHub()
  const { fetch } = httpHandler(host, { path: '/chat' })

  const offering = await PlainClient.open(fetch, { 'chat-protocol': 'chat.v9, chat.v1.json' })
  expect([offering.response.headers.get('chat-protocol'), host.newest.connection.protocol]).toEqual([
    'chat.v1.json',
    'chat.v1.json',
  ])
  const silent = await PlainClient.open(fetch)
  expect([silent.response.headers.get('chat-protocol'), host.newest.connection.protocol]).toEqual([null, ''])
})

test('the answer tells proxies and caches to pass it on at once, unchanged and without a copy', async () => {
  const { headers, status } = (await PlainClient.open(httpHandler(new TestHub(), { path: '/chat' }).fetch))
    .response

  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe('text/event-stream')
  expect(headers.get('cache-control')).toBe('no-cache, no-store, no-transform')
  expect(headers.get('x-accel-buffering')).toBe('no')
  expect(headers.get('vary')).toBe('Origin')
})

test('a proxy that buffers two kilobytes passes the first event on', async () => {
  const client = await PlainClient.open(httpHandler(new TestHub(), { path: '/chat' }).fetch)

  expect(client.received).toBeGreaterThan(2_048)
})

test('an idle stream gets comments, and a busy stream gets none', async () => {
  const beats: (() => void)[] = []
  vi.spyOn(systemRuntime, 'timer').mockImplementation((_delay, callback) => {
    beats.push(callback)
    return () => {}
  })
  const host = new TestHub()
  const client = await PlainClient.open(httpHandler(host, { path: '/chat' }).fetch)
  vi.restoreAllMocks()
  const beat = (): void => {
    const [due] = beats.splice(0)
    vi.spyOn(systemRuntime, 'timer').mockImplementation((_delay, callback) => {
      beats.push(callback)
      return () => {}
    })
    due?.()
    vi.restoreAllMocks()
  }
  const opened = client.received

  const heard = client.hears()
  beat()
  beat()
  await heard

  expect(client.received).toBe(opened + ':\n\n'.length)
  await host.newest.send(['["busy"]'])
  await client.next()
  const busy = client.received
  beat()
  expect(client.received).toBe(busy)
})

test.each([0, 100, 3_900, 7_900])(
  'a stream is never silent for longer than `heartbeat`, with its last event %i ms after the first',
  async (delay) => {
    const time = new VirtualTime()
    vi.spyOn(systemRuntime, 'timer').mockImplementation(time.runtime('server').timer)
    onTestFinished(() => void vi.restoreAllMocks())
    const host = new TestHub()
    const client = await PlainClient.open(httpHandler(host, { path: '/chat', heartbeat: 8_000 }).fetch)
    const heard: number[] = [time.now]
    let over = false
    onTestFinished(() => {
      over = true
    })
    const listen = async (): Promise<void> => {
      while (!over) {
        await client.hears()
        heard.push(time.now)
      }
    }
    void listen()

    await time.advance(delay)
    await host.newest.send(['["last"]'])
    await time.advance(60_000)

    const silences = heard.slice(1).map((at, i) => at - (heard[i] ?? 0))
    expect(heard).toContain(delay)
    expect(Math.max(...silences)).toBeLessThanOrEqual(8_000)
    // And it is no flood.
    expect(heard.length).toBeLessThan(20)
  },
)

test('a client that cancels its stream has left the hub', async () => {
  const host = new TestHub()
  const client = await PlainClient.open(httpHandler(host, { path: '/chat' }).fetch)

  client.leave()

  await vi.waitFor(() => expect(host.end?.code).toBe(1006))
})

test('a request without `Accept: text/event-stream`, or for another path, is not for the hub (P-HT-1)', async () => {
  const host = new TestHub()
  const { fetch } = httpHandler(host, { path: '/chat' })

  const none = [
    get({ accept: 'text/html' }),
    new Request('http://chat.example/chats', { headers: { accept: 'text/event-stream' } }),
    new Request('http://chat.example/chat', { method: 'DELETE' }),
    new Request('http://chat.example/chat', { method: 'OPTIONS' }),
  ]

  expect(await Promise.all(none.map((request) => fetch(request)))).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ])
  expect(host.peers).toEqual([])
})

test('`authenticate` gets the same handshake as over every transport', async () => {
  const host = new TestHub()
  const { fetch } = httpHandler(host, { path: '/ws/:user', context: ({ url }) => new URL(url).hostname })
  const request = new Request('http://chat.example/ws/Zo%C3%AB?room=a&room=b', {
    headers: { accept: 'text/event-stream', cookie: 'session=a%20b; b=2', 'X-Some': 'thing' },
  })

  const response = await fetch(request, { remoteAddress: '192.0.2.7' })
  await response?.body?.cancel()

  const { handshake, peer } = await host.next()
  expect(handshake).toMatchObject({
    path: '/ws/Zo%C3%AB',
    params: { user: 'Zoë' },
    query: { room: 'a' },
    cookies: { session: 'a b', b: '2' },
    origin: null,
    remoteAddress: '192.0.2.7',
  })
  expect(handshake.headers['x-some']).toBe('thing')
  expect((peer as typeof host.newest).connection.extra).toEqual({ context: 'chat.example' })
})
