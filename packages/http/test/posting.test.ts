import { expect, test, vi } from 'vitest'
import { httpHandler } from '../src/index.ts'
import type { HttpHandlerOptions } from '../src/options.ts'
import { PlainClient, post } from './support/plain-client.ts'
import { TestHub } from './support/test-hub.ts'

async function open(options: HttpHandlerOptions<Request> = {}, host: TestHub = new TestHub()) {
  const { fetch } = httpHandler(host, { path: '/chat', ...options })
  return { host, fetch, client: await PlainClient.open(fetch) }
}

/** A body that comes as the test says. */
function slowBody(): { readonly body: ReadableStream; write(text: string): void; end(): void; fail(): void } {
  let controller: ReadableStreamDefaultController | undefined
  const body = new ReadableStream({
    start(made) {
      controller = made
    },
  })
  return {
    body,
    write: (text) => controller?.enqueue(new TextEncoder().encode(text)),
    end: () => controller?.close(),
    fail: () => controller?.error(new Error('the network is gone')),
  }
}

/** Everything that is under way has happened. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('each POST is one transmission, in order (P-HT-2)', async () => {
  const { host, client } = await open()

  const answers = [await client.post('["a",1]\n["b",2]'), await client.post('["ü 👋"]')]

  expect(answers).toEqual([204, 204])
  expect(host.received).toEqual(['["a",1]\n["b",2]', '["ü 👋"]'])
})

test('a number that was accepted before gets 204, without effect (P-HT-2, P-HT-4)', async () => {
  const { host, client } = await open()
  await client.post('["a"]')
  await client.post('["b"]')

  expect(await client.post('["b"]', { 'chat-seq': '2' })).toBe(204)
  expect(await client.post('["something else"]', { 'chat-seq': '1' })).toBe(204)

  expect(host.received).toEqual(['["a"]', '["b"]'])
})

test('a skipped number gets 409, and the connection ends (P-HT-2)', async () => {
  const { host, client } = await open()
  await client.post('["a"]')

  expect(await client.post('["c"]', { 'chat-seq': '3' })).toBe(409)

  await client.ended()
  expect([host.received, host.end?.code]).toEqual([['["a"]'], 1006])
  expect(await client.post('["b"]', { 'chat-seq': '2' })).toBe(404)
})

test.each(['0', '-1', '1.5', '1e1', ' ', '9007199254740993', '01', 'x'])(
  'a malformed number is refused without effect: %j',
  async (seq) => {
    const { host, client } = await open()

    expect(await client.post('["a"]', { 'chat-seq': seq })).toBe(415)

    expect(await client.post('["a"]', { 'chat-seq': '1' })).toBe(204)
    expect(host.received).toEqual(['["a"]'])
  },
)

test('a POST of a connection that ended, or never existed, gets 404 (P-HT-4)', async () => {
  const { client } = await open()

  expect(await client.post('["a"]', { 'chat-connection': 'x'.repeat(24) })).toBe(404)
  expect(await client.post('["a"]', { 'chat-connection': '__proto__' })).toBe(404)
})

test('a POST of an older connection of the same client gets 404, without effect (P-HT-4, P-ST-8)', async () => {
  const { host, fetch, client } = await open()
  await client.post('["a"]')
  client.leave()
  await vi.waitFor(() => expect(host.end?.code).toBe(1006))
  const newer = await PlainClient.open(fetch)

  expect(await client.post('["stale"]')).toBe(404)

  await newer.post('["b"]')
  expect(host.received).toEqual(['["b"]'])
})

test('a transmission over the limit gets 413, and the connection ends with 4514 (P-HT-4, P-LV-3, SEC-04)', async () => {
  const { host, client } = await open({}, new TestHub({ transmission: 1_000 }))
  expect(await client.post(`["${'x'.repeat(996)}"]`)).toBe(204)

  expect(await client.post(`["${'x'.repeat(997)}"]`)).toBe(413)

  expect(await client.next()).toEqual({ type: 'close', data: '[4514,"a transmission is too large"]' })
  expect(host.received).toHaveLength(1)
})

test('a body is refused by its declared size before it arrives (P-HT-4, SEC-04)', async () => {
  const { client } = await open({}, new TestHub({ transmission: 1_000 }))
  const { body } = slowBody()

  expect(await client.post(body, { 'content-length': '1001' })).toBe(413)
})

test('an endless body is not read beyond the limit (P-HT-4, SEC-04)', async () => {
  const { client } = await open({}, new TestHub({ transmission: 10_000 }))
  let pulled = 0
  const body = new ReadableStream({
    pull(controller) {
      pulled++
      controller.enqueue(new Uint8Array(1_000))
    },
  })

  expect(await client.post(body)).toBe(413)
  expect(pulled).toBeLessThan(20)
})

test('a POST that breaks off half-written has no effect, and its number can be sent again', async () => {
  const { host, client } = await open()
  const half = slowBody()
  half.write('["a lot')
  const answer = client.post(half.body)
  half.fail()

  expect(await answer).toBe(400)
  expect(await client.post('["a lot of it"]', { 'chat-seq': '1' })).toBe(204)
  expect(host.received).toEqual(['["a lot of it"]'])
})

test('a body that takes too long gets 408, without effect, and the connection stays open', async () => {
  const { host, client } = await open({ bodyTimeout: 20 })
  const slow = slowBody()
  slow.write('["a')

  expect(await client.post(slow.body)).toBe(408)
  expect(await client.post('["b"]', { 'chat-seq': '1' })).toBe(204)
  expect(host.received).toEqual(['["b"]'])
})

test('when a number is posted again while the first is half-written, the newer counts, once (P-HT-2)', async () => {
  const { host, client } = await open()
  const stuck = slowBody()
  stuck.write('["x')
  const first = client.post(stuck.body)

  expect(await client.post('["x"]', { 'chat-seq': '1' })).toBe(204)
  expect(await first).toBe(429)
  expect(host.received).toEqual(['["x"]'])
})

test('while the hub is paused a POST waits for its answer until the hub resumes (P-LV-4)', async () => {
  const { host, client } = await open()
  const { connection } = host.newest
  connection.pause()
  const posted = client.post('["a"]')
  await turn()
  expect(host.received).toEqual([])

  connection.resume()

  expect(await posted).toBe(204)
  expect(host.received).toEqual(['["a"]'])
})

test('when a POST that waits for the hub is repeated, the newer counts, once (P-HT-2)', async () => {
  const { host, client } = await open()
  const { connection } = host.newest
  connection.pause()
  const older = client.post('["a"]')
  await turn()
  const newer = client.post('["a"]', { 'chat-seq': '1' })

  expect(await older).toBe(429)
  expect(host.received).toEqual([])
  connection.resume()
  expect(await newer).toBe(204)
  expect(host.received).toEqual(['["a"]'])
})

test('a body that was read before, or is being read, gets 500, and is not taken for empty', async () => {
  const host = new TestHub()
  const { fetch } = httpHandler(host, { path: '/chat' })
  const { id } = await PlainClient.open(fetch)
  const headers = { 'chat-connection': id, 'chat-seq': '1' }
  const read = post('["a"]', headers)
  await read.text()
  const beingRead = post('["a"]', headers)
  beingRead.body?.getReader()

  const answers = [await fetch(read), await fetch(beingRead)]

  expect(answers.map((answer) => answer?.status)).toEqual([500, 500])
  expect(await answers[1]?.text()).toMatch(/Mount the handler of @chat\/http before it/)
  expect(host.received).toEqual([])
})

test('bytes that are not UTF-8 are refused, without effect (P-FR-5)', async () => {
  const { host, client } = await open()

  expect(await client.post(new Uint8Array([0x5b, 0x22, 0xff, 0x22, 0x5d]))).toBe(400)
  expect(host.received).toEqual([])
})

test('a POST can close the connection (P-HT-5)', async () => {
  const { host, client } = await open()
  await client.post('["a"]')

  expect(await client.post('[4001,"I go"]', { 'chat-event': 'close' })).toBe(204)

  expect(host.end).toEqual({ code: 4001, reason: 'I go' })
  await client.ended()
  expect(await client.post('["late"]')).toBe(404)
})

test('the reason of a close is cut to 123 bytes, at a character boundary', async () => {
  const { host, client } = await open()

  await client.post(JSON.stringify([4001, 'ü'.repeat(100)]), { 'chat-event': 'close' })

  expect(host.end).toEqual({ code: 4001, reason: 'ü'.repeat(61) })
})

test.each(['', '[1006,"x"]', '[1000]', '{}', '[4001,7]', 'null', '[1e99,""]'])(
  'a malformed close is a close without a code: %j',
  async (text) => {
    const { host, client } = await open()

    await client.post(text, { 'chat-event': 'close' })

    expect(host.end).toEqual({ code: 1005, reason: '' })
  },
)

test('the connection ids start with the route, by which a proxy finds the process', async () => {
  const { host, client } = await open({ route: 'a1' })
  expect(client.id).toMatch(/^a1-[A-Za-z0-9_-]{24}$/)
  expect(await client.post('["x"]')).toBe(204)
  expect(host.received).toEqual(['["x"]'])
})

test.each(['', 'a b', 'a-b', 'x'.repeat(33), 7])(
  'a route that cannot stand in an id is refused: %j',
  (route) => {
    expect(() => httpHandler(new TestHub(), { route: route as string })).toThrow("the option 'route'")
  },
)
