import { ChatError } from '@chat/core'
import { expect, test } from 'vitest'
import { BlockedMemory } from '../src/blocked-memory.ts'
import { minute, Storage, TwoPaths } from './support/two-paths.ts'

test('WebSocket goes first, and HTTP is not tried where it opens', async () => {
  const paths = new TwoPaths()
  const { client } = await paths.enter()

  expect([client.status, paths.dials, paths.open]).toEqual(['connected', ['webSocket 0'], ['webSocket']])
})

test('where WebSocket is refused, HTTP follows at once', async () => {
  const paths = new TwoPaths()
  paths.webSocket.refuse(true)

  const { client } = await paths.enter()

  expect([client.status, paths.dials]).toEqual(['connected', ['webSocket 0', 'http 0']])
})

test('where WebSocket is dropped silently, HTTP follows after four seconds', async () => {
  const paths = new TwoPaths()
  paths.webSocket.hold('up')

  const { client } = await paths.enter()
  await paths.time.advance(4_000)

  expect([client.status, paths.dials]).toEqual(['connected', ['webSocket 0', 'http 4']])
})

test('a client with a shorter connect timeout uses HTTP with its next attempt', async () => {
  const paths = new TwoPaths()
  paths.webSocket.hold('up')

  const { client } = await paths.enter({ connectTimeout: 2_000 })
  await paths.time.advance(3_000)

  expect([client.status, paths.dials]).toEqual(['connected', ['webSocket 0', 'http 2.1']])
})

test('a WebSocket that opens and then receives no data counts as blocked', async () => {
  const paths = new TwoPaths()
  paths.webSocket.hold('down')

  const { client } = await paths.enter()
  await paths.time.advance(11_000)

  expect([client.status, paths.dials]).toEqual(['connected', ['webSocket 0', 'http 10.1']])
})

test('a WebSocket that worked, and is lost, is tried first again', async () => {
  const paths = new TwoPaths()
  const { client } = await paths.enter()

  paths.webSocket.reset({ client: 0, hub: 0 })
  await paths.time.advance(1_000)

  expect([client.status, paths.dials]).toEqual(['connected', ['webSocket 0', 'webSocket 0.1']])
})

test('a session remembers: its next page goes over HTTP at once', async () => {
  const storage = new Storage()
  const first = new TwoPaths()
  first.webSocket.refuse(true)
  await first.enter({ storage })
  const next = new TwoPaths()

  const { client } = await next.enter({ storage })

  expect([client.status, next.dials]).toEqual(['connected', ['http 0']])
  expect([...storage.entries]).toEqual([['chat: no WebSocket to hub', 'true']])
})

test('a wrong memory costs a single attempt, and is forgotten', async () => {
  const storage = new Storage()
  new BlockedMemory(storage, 'hub').blocked = true
  const paths = new TwoPaths()
  paths.http.refuse(true)

  const { client } = await paths.enter({ storage })

  expect([client.status, paths.dials, storage.entries.size]).toEqual([
    'connected',
    ['http 0', 'webSocket 0'],
    0,
  ])
})

test('a storage that throws is ignored (BR-04)', async () => {
  const fail = (): never => {
    throw new Error('the user has blocked storage')
  }
  const paths = new TwoPaths()
  paths.webSocket.refuse(true)

  const { client } = await paths.enter({ storage: { getItem: fail, setItem: fail, removeItem: fail } })

  expect(client.status).toBe('connected')
})

test('the client moves to WebSocket when it opens, and no message is lost or comes twice', async () => {
  const paths = new TwoPaths()
  paths.webSocket.refuse(true)
  const { client, heard } = await paths.enter()
  await paths.hub.to('#lobby').send('say', 1)
  await paths.time.advance(minute - 1_000)
  expect(paths.open).toEqual(['http'])
  paths.webSocket.refuse(false)

  const sent = paths.hub.to('#lobby').send('say', 2)
  await paths.time.advance(1_000)
  const more = [paths.hub.to('#lobby').send('say', 3), client.to('#lobby').send('say', 4)]
  await paths.time.advance(1_000)
  await Promise.all([sent, ...more])

  expect([client.status, paths.open, paths.resumed]).toEqual(['connected', ['webSocket'], [false, true]])
  expect(heard).toEqual([1, 2, 3, 4])
})

test('until then it probes with growing delays, and stays connected', async () => {
  const paths = new TwoPaths()
  paths.webSocket.refuse(true)
  const { client } = await paths.enter()
  const statuses: string[] = []
  client.on('$status', ({ status }) => statuses.push(status))

  await paths.time.advance(130 * minute)

  const tries = paths.dials
    .slice(2)
    .map((dial) => dial.replace(/(\d+)$/, (seconds) => `${Number(seconds) / 60}`))
  expect(tries.map((dial) => Math.round(Number(dial.split(' ')[1])))).toEqual([1, 3, 7, 15, 31, 63, 95, 127])
  expect([client.status, statuses]).toEqual(['connected', []])
})

test('where WebSocket has worked before, it is tried again soon, because HTTP may only have been back first', async () => {
  const paths = new TwoPaths()
  const { client } = await paths.enter()
  paths.webSocket.cut()
  await paths.time.advance(500)
  expect([client.status, paths.open]).toEqual(['connected', ['http']])
  paths.webSocket.restore()

  await paths.time.advance(2_000)

  expect([client.status, paths.open]).toEqual(['connected', ['webSocket']])
})

test('a connection that is lost over HTTP comes back over HTTP, until the next probe of WebSocket', async () => {
  const paths = new TwoPaths()
  paths.webSocket.refuse(true)
  const { client } = await paths.enter()
  paths.dials.length = 0

  paths.http.reset({ client: 0, hub: 0 })
  await paths.time.advance(1_000)

  expect([client.status, paths.dials]).toEqual(['connected', ['http 0.1']])
})

test('where neither transport connects, the error is HTTP’s, unless the server has no HTTP handler', async () => {
  const paths = new TwoPaths()
  const errors: unknown[] = []
  paths.webSocket.refuse(true)
  paths.httpError = new ChatError('forbidden', 'the server answered 403')
  const { client } = await paths.enter()
  client.on('$error', ({ error }) => errors.push((error as ChatError).message))

  await paths.time.advance(150)
  paths.httpError = new ChatError('not_found', 'the server answered 404')
  await paths.time.advance(200)

  expect(new Set(errors)).toEqual(new Set(['the server answered 403', 'unable to connect']))
})

test('a stream that is cut again and again does not delay the next probe of WebSocket', async () => {
  const paths = new TwoPaths()
  paths.webSocket.refuse(true)
  const { client } = await paths.enter()
  for (let seconds = 0; seconds < 180; seconds += 30) {
    await paths.time.advance(30_000)
    paths.http.reset({ client: 0, hub: 0 })
  }
  await paths.time.advance(1_000)

  const tries = paths.dials.filter((dial) => dial.startsWith('webSocket'))
  expect(tries.map((dial) => Math.round(Number(dial.split(' ')[1]) / 60))).toEqual([0, 1, 3])
  expect(client.status).toBe('connected')
})

test('a wrong memory costs a single attempt also where HTTP is dropped silently', async () => {
  const storage = new Storage()
  new BlockedMemory(storage, 'hub').blocked = true
  const paths = new TwoPaths()
  paths.http.hold('up')

  const { client } = await paths.enter({ storage })
  await paths.time.advance(10_500)

  expect([client.status, paths.dials]).toEqual(['connected', ['http 0', 'webSocket 10.1']])
})

test('a closed client makes no attempt, and leaves no connection open', async () => {
  const paths = new TwoPaths()
  paths.webSocket.refuse(true)
  const { client } = await paths.enter()
  paths.webSocket.refuse(false)

  client.close()
  await paths.time.advance(10 * minute)

  expect([paths.dials.length, paths.open]).toEqual([2, []])
})

test('a WebSocket that opens after the client has dialled again is closed', async () => {
  const paths = new TwoPaths()
  paths.webSocket.refuse(true)
  const { client } = await paths.enter()
  paths.webSocket.refuse(false)
  paths.webSocket.hold('up')
  await paths.time.advance(minute)
  paths.http.reset({ client: 0, hub: 0 })
  await paths.time.advance(500)

  paths.webSocket.release('up')
  await paths.time.advance(1_000)

  expect([client.status, paths.open.length]).toEqual(['connected', 1])
})
