import { ChatError } from '@chat/core'
import { expect, test } from 'vitest'
import { BlockedMemory } from '../src/memory.ts'
import { minute, Place, Storage } from './support/place.ts'

test('WebSocket goes first, and nothing else is tried where it opens', async () => {
  const place = new Place()
  const { client } = await place.enter()

  expect([client.status, place.dials, place.open]).toEqual(['connected', ['webSocket 0'], ['webSocket']])
})

test('where WebSocket is refused, HTTP follows at once', async () => {
  const place = new Place()
  place.webSocket.refuse(true)

  const { client } = await place.enter()

  expect([client.status, place.dials]).toEqual(['connected', ['webSocket 0', 'http 0']])
})

test('where WebSocket is swallowed without a word, HTTP follows after four seconds', async () => {
  const place = new Place()
  place.webSocket.hold('up')

  const { client } = await place.enter()
  await place.time.advance(4_000)

  expect([client.status, place.dials]).toEqual(['connected', ['webSocket 0', 'http 4']])
})

test('a client with less patience than that goes over HTTP with its next attempt', async () => {
  const place = new Place()
  place.webSocket.hold('up')

  const { client } = await place.enter({ connectTimeout: 2_000 })
  await place.time.advance(3_000)

  expect([client.status, place.dials]).toEqual(['connected', ['webSocket 0', 'http 2.1']])
})

test('a WebSocket that opens and then brings nothing is one that is swallowed', async () => {
  const place = new Place()
  place.webSocket.hold('down')

  const { client } = await place.enter()
  await place.time.advance(11_000)

  expect([client.status, place.dials]).toEqual(['connected', ['webSocket 0', 'http 10.1']])
})

test('a WebSocket that worked, and is lost, is tried first again', async () => {
  const place = new Place()
  const { client } = await place.enter()

  place.webSocket.reset({ client: 0, hub: 0 })
  await place.time.advance(1_000)

  expect([client.status, place.dials]).toEqual(['connected', ['webSocket 0', 'webSocket 0.1']])
})

test('a session remembers: its next page goes over HTTP at once', async () => {
  const storage = new Storage()
  const first = new Place()
  first.webSocket.refuse(true)
  await first.enter({ storage })
  const next = new Place()

  const { client } = await next.enter({ storage })

  expect([client.status, next.dials]).toEqual(['connected', ['http 0']])
  expect([...storage.entries]).toEqual([['chat: no WebSocket to hub', 'true']])
})

test('what is remembered and wrong costs one attempt, and is forgotten', async () => {
  const storage = new Storage()
  new BlockedMemory(storage, 'hub').blocked = true
  const place = new Place()
  place.http.refuse(true)

  const { client } = await place.enter({ storage })

  expect([client.status, place.dials, storage.entries.size]).toEqual([
    'connected',
    ['http 0', 'webSocket 0'],
    0,
  ])
})

test('a storage that throws is done without (BR-04)', async () => {
  const fail = (): never => {
    throw new Error('the user has blocked storage')
  }
  const place = new Place()
  place.webSocket.refuse(true)

  const { client } = await place.enter({ storage: { getItem: fail, setItem: fail, removeItem: fail } })

  expect(client.status).toBe('connected')
})

test('once WebSocket gets through the client moves to it, and nothing is lost or comes twice', async () => {
  const place = new Place()
  place.webSocket.refuse(true)
  const { client, heard } = await place.enter()
  await place.hub.to('#lobby').send('say', 1)
  await place.time.advance(minute - 1_000)
  expect(place.open).toEqual(['http'])
  place.webSocket.refuse(false)

  const sent = place.hub.to('#lobby').send('say', 2)
  await place.time.advance(1_000)
  const more = [place.hub.to('#lobby').send('say', 3), client.to('#lobby').send('say', 4)]
  await place.time.advance(1_000)
  await Promise.all([sent, ...more])

  expect([client.status, place.open, place.resumed]).toEqual(['connected', ['webSocket'], [false, true]])
  expect(heard).toEqual([1, 2, 3, 4])
})

test('until then it looks with growing patience, and stays connected', async () => {
  const place = new Place()
  place.webSocket.refuse(true)
  const { client } = await place.enter()
  const statuses: string[] = []
  client.on('$status', ({ status }) => statuses.push(status))

  await place.time.advance(130 * minute)

  const tries = place.dials
    .slice(2)
    .map((dial) => dial.replace(/(\d+)$/, (seconds) => `${Number(seconds) / 60}`))
  expect(tries.map((dial) => Math.round(Number(dial.split(' ')[1])))).toEqual([1, 3, 7, 15, 31, 63, 95, 127])
  expect([client.status, statuses]).toEqual(['connected', []])
})

test('where WebSocket has worked before, it is tried again soon: HTTP was only back first', async () => {
  const place = new Place()
  const { client } = await place.enter()
  place.webSocket.cut()
  await place.time.advance(500)
  expect([client.status, place.open]).toEqual(['connected', ['http']])
  place.webSocket.restore()

  await place.time.advance(2_000)

  expect([client.status, place.open]).toEqual(['connected', ['webSocket']])
})

test('a connection that is lost over HTTP comes back over HTTP, until it is time to try the other', async () => {
  const place = new Place()
  place.webSocket.refuse(true)
  const { client } = await place.enter()
  place.dials.length = 0

  place.http.reset({ client: 0, hub: 0 })
  await place.time.advance(1_000)

  expect([client.status, place.dials]).toEqual(['connected', ['http 0.1']])
})

test('where neither opens, what HTTP says is told, unless nothing is there', async () => {
  const place = new Place()
  const errors: unknown[] = []
  place.webSocket.refuse(true)
  place.httpError = new ChatError('forbidden', 'the server answered 403')
  const { client } = await place.enter()
  client.on('$error', ({ error }) => errors.push((error as ChatError).message))

  await place.time.advance(150)
  place.httpError = new ChatError('not_found', 'the server answered 404')
  await place.time.advance(200)

  expect(new Set(errors)).toEqual(new Set(['the server answered 403', 'unable to connect']))
})

test('a stream that something cuts again and again does not put off the next look for a WebSocket', async () => {
  const place = new Place()
  place.webSocket.refuse(true)
  const { client } = await place.enter()
  for (let seconds = 0; seconds < 180; seconds += 30) {
    await place.time.advance(30_000)
    place.http.reset({ client: 0, hub: 0 })
  }
  await place.time.advance(1_000)

  const tries = place.dials.filter((dial) => dial.startsWith('webSocket'))
  expect(tries.map((dial) => Math.round(Number(dial.split(' ')[1]) / 60))).toEqual([0, 1, 3])
  expect(client.status).toBe('connected')
})

test('what is remembered and wrong costs one attempt also where HTTP is swallowed without a word', async () => {
  const storage = new Storage()
  new BlockedMemory(storage, 'hub').blocked = true
  const place = new Place()
  place.http.hold('up')

  const { client } = await place.enter({ storage })
  await place.time.advance(10_500)

  expect([client.status, place.dials]).toEqual(['connected', ['http 0', 'webSocket 10.1']])
})

test('a client that is closed tries nothing any more, and leaves nothing open', async () => {
  const place = new Place()
  place.webSocket.refuse(true)
  const { client } = await place.enter()
  place.webSocket.refuse(false)

  client.close()
  await place.time.advance(10 * minute)

  expect([place.dials.length, place.open]).toEqual([2, []])
})

test('a WebSocket that opens after the client was lost meanwhile is let go', async () => {
  const place = new Place()
  place.webSocket.refuse(true)
  const { client } = await place.enter()
  place.webSocket.refuse(false)
  place.webSocket.hold('up')
  await place.time.advance(minute)
  place.http.reset({ client: 0, hub: 0 })
  await place.time.advance(500)

  place.webSocket.release('up')
  await place.time.advance(1_000)

  expect([client.status, place.open.length]).toEqual(['connected', 1])
})
