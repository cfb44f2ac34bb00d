import { once } from 'node:events'
import { type ClientHttp2Session, type ClientHttp2Stream, connect, createServer } from 'node:http2'
import { type AddressInfo, connect as connectTcp } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { nodeHttpHandler } from '../src/node/index.ts'
import { frame, frameType, headerBlock, preface, reset } from './support/http2-frames.ts'
import { TestHub } from './support/test-hub.ts'

/** A server of `node:http2`, and a page's connection to it. */
async function serve(host: TestHub): Promise<{ session: ClientHttp2Session; origin: string }> {
  const chat = nodeHttpHandler(host, { path: '/chat' })
  const server = createServer((request, response) => {
    if (!chat(request, response)) response.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const session = connect(origin)
  onTestFinished(async () => {
    session.destroy()
    server.close()
    await once(server, 'close')
  })
  return { session, origin }
}

/** Opens a stream of the same origin, and reads its id. */
async function open(session: ClientHttp2Session, origin: string) {
  const stream = session.request({ ':path': '/chat', accept: 'text/event-stream', origin })
  const [headers] = await once(stream, 'response')
  if (headers[':status'] !== 200) return { status: headers[':status'], stream, id: '' }
  const [first] = (await once(stream, 'data')) as [Buffer]
  return { status: 200, stream, id: /data: (\S+)/.exec(String(first))?.[1] ?? '' }
}

interface Posted {
  readonly id: string
  readonly origin: string
  readonly seq?: number
}

function post(session: ClientHttp2Session, { id, origin, seq = 1 }: Posted): ClientHttp2Stream {
  return session.request({
    ':method': 'POST',
    ':path': '/chat',
    'content-type': 'application/json',
    'chat-connection': id,
    'chat-seq': String(seq),
    origin,
  })
}

const statusOf = async (stream: ClientHttp2Stream): Promise<unknown> =>
  (await once(stream, 'response'))[0][':status']

test('over HTTP/2 a page of the same origin reaches the hub, and a foreign page does not (P-HT-1, P-HT-3)', async () => {
  const host = new TestHub()
  const { session, origin } = await serve(host)

  const { status, id, stream } = await open(session, origin)
  expect(status).toBe(200)
  expect(await statusOf(post(session, { id, origin }).end('["a"]'))).toBe(204)
  expect((await open(session, 'https://evil.example')).status).toBe(403)

  expect([host.peers.length, host.received]).toEqual([1, ['["a"]']])
  const told = Object.keys((await host.next()).handshake.headers)
  expect(told.filter((name) => name.startsWith(':'))).toEqual([])
  stream.close()
  await vi.waitFor(() => expect(host.end?.code).toBe(1006))
})

test('over HTTP/2 POSTs arrive in any order: an early POST ends the connection, and no POST is taken twice (P-HT-2)', async () => {
  const host = new TestHub()
  const { session, origin } = await serve(host)
  const { id } = await open(session, origin)
  const half = post(session, { id, origin })
  half.write('["a')
  await vi.waitFor(() => expect(host.newest.connection.received).toBeGreaterThan(1))

  const again = statusOf(post(session, { id, origin }).end('["a"]'))
  expect([await statusOf(half), await again]).toEqual([429, 204])
  expect(await statusOf(post(session, { id, origin }).end('["a"]'))).toBe(204)
  expect(await statusOf(post(session, { id, origin, seq: 3 }).end('["c"]'))).toBe(409)

  expect([host.received, host.end?.code]).toEqual([['["a"]'], 1006])
})

test('over HTTP/2 refusing a body that still arrives emits no warning', async () => {
  const warned = vi.spyOn(process, 'emitWarning')
  onTestFinished(() => warned.mockRestore())
  const { session, origin } = await serve(new TestHub())
  const unread = post(session, { id: 'nobody', origin })
  unread.write('[')

  expect(await statusOf(unread)).toBe(404)
  expect(warned).not.toHaveBeenCalled()
})

test('over HTTP/2 a POST that is reset half-way is not taken, and may be sent again (P-HT-6)', async () => {
  const host = new TestHub()
  const { session, origin } = await serve(host)
  const { id } = await open(session, origin)
  const headers = headerBlock({
    ':method': 'POST',
    ':path': '/chat',
    'content-type': 'application/json',
    'chat-connection': id,
    'chat-seq': '1',
    ':authority': new URL(origin).host,
    origin,
  })
  const socket = connectTcp(Number(new URL(origin).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  const half = [frame(frameType.headers, 1, headers), frame(frameType.data, 1, Buffer.from('["a'))]
  socket.write(Buffer.concat([preface, ...half]))
  await vi.waitFor(() => expect(host.newest.connection.received).toBeGreaterThan(1))

  socket.write(reset(1))
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(await statusOf(post(session, { id, origin }).end('["b"]'))).toBe(204)

  expect([host.received, host.end]).toEqual([['["b"]'], null])
})
