import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type Socket } from 'node:net'
import type { Connection } from '@chat/core/transport'
import { expect, onTestFinished, test, vi } from 'vitest'
import { attach, dial, type NodeDialOptions } from '../src/index.ts'
import { type Accepted, StandIn, watch } from './support/hub.ts'
import { startServer } from './support/server.ts'

const json = ['chat.v1.json']

async function reach(
  url: string,
  options?: NodeDialOptions,
  protocols: readonly string[] = json,
): Promise<Connection> {
  const connection = await dial(url, options)({ protocols, signal: new AbortController().signal })
  onTestFinished(() => connection.abort(new Error('the test is over')))
  return connection
}

async function pair(): Promise<{ near: Accepted; far: Accepted }> {
  const { server, url } = await startServer()
  const hub = new StandIn()
  attach(hub, server, { path: '/chat' })
  const next = hub.next()
  const connection = await reach(url('/chat'))
  const far = await next
  return { near: watch(connection, far.handshake), far }
}

test('a dialled connection sends, receives, and ends with the code of the other side', async () => {
  const { near, far } = await pair()
  expect(near.connection.protocol).toBe('chat.v1.json')
  expect(far.connection.protocol).toBe('chat.v1.json')

  near.send('up')
  far.send('down')

  expect(await far.next()).toBe('up')
  expect(await near.next()).toBe('down')
  far.connection.close(4001, 'moving')
  expect(await near.closed).toEqual({ code: 4001, reason: 'moving' })
  expect((await far.closed).code).toBe(4001)
})

test('messages that arrive with the upgrade reach a sink that is attached in the same turn', async () => {
  const { server, url } = await startServer()
  const hub = new StandIn()
  attach(hub, server, { path: '/chat' })
  const accept = hub.accept.bind(hub)
  hub.accept = (connection, handshake) => {
    accept(connection, handshake)
    hub.accepted[0]?.send('early')
  }

  const connection = await reach(url('/chat'))

  expect(await watch(connection, {} as never).next()).toBe('early')
})

test('a dialled connection pauses, and counts waiting and received bytes', async () => {
  const { near, far } = await pair()
  far.connection.pause()
  for (let i = 0; i < 300; i++) near.send('x'.repeat(100_000))
  expect(near.send('more')).toBe(false)
  expect(near.connection.bufferedAmount).toBeGreaterThan(4 * 1024 * 1024)
  const before = near.connection.received

  far.connection.resume()
  far.send('12345')

  await vi.waitFor(() => expect(near.drains).toBe(1), { timeout: 4_000 })
  expect(await near.next()).toBe('12345')
  expect(near.connection.received).toBe(before + 7)
  await vi.waitFor(() => expect(far.received).toHaveLength(301), { timeout: 4_000 })
})

test('a client accepts transmissions up to 512 KiB (P-LV-3)', async () => {
  const { near, far } = await pair()
  far.send('x'.repeat(512 * 1024))
  expect(String(await near.next())).toHaveLength(512 * 1024)

  far.send('x'.repeat(512 * 1024 + 1))

  expect((await far.closed).code).toBe(1009)
  await near.closed
  expect(near.received).toHaveLength(1)
})

test.each(['/chat', 'ftp://app.example', 'app.example/chat', ''])(
  'a URL where no hub can be is an error in the call that has it: %j',
  (url) => {
    expect(() => dial(url)).toThrow(/unable to dial/)
  },
)

test('http: and https: stand for ws: and wss:, and a fragment is left out', async () => {
  const { server, port } = await startServer()
  const hub = new StandIn()
  attach(hub, server, { path: '/chat' })

  await reach(`http://127.0.0.1:${port}/chat?a=1#part`, {
    headers: { cookie: 'c=1' },
    origin: `http://127.0.0.1:${port}`,
  })

  const handshake = hub.accepted[0]?.handshake
  expect({ ...handshake?.query }).toEqual({ a: '1' })
  expect({ ...handshake?.cookies }).toEqual({ c: '1' })
  expect(handshake?.origin).toBe(`http://127.0.0.1:${port}`)
})

/** A server that answers every upgrade in its own way. */
async function answering(answer: (socket: Socket) => void): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => answer(socket))
    onTestFinished(() => void socket.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  return `ws://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/chat?token=secret`
}

test.each<[number, string, string]>([
  [401, 'unauthorized', ''],
  [403, 'forbidden', 'no \u001b[31mentry\n'],
  [404, 'not_found', 'nothing here'],
  [500, 'unavailable', 'x'.repeat(100_000)],
  [302, 'unavailable', ''],
])(
  'a server that answers %i is reported as %s, with its first words and without the query',
  async (status, code, body) => {
    const server = createServer()
    server.on('upgrade', (_request, socket) => {
      const length = Buffer.byteLength(body)
      socket.end(
        `HTTP/1.1 ${status} No\r\nLocation: http://evil.example\r\nContent-Length: ${length}\r\n\r\n${body}`,
      )
    })
    const { url } = await startServer(server)

    const error = await reach(url('/chat?token=secret')).catch((reason: unknown) => reason)

    expect(error).toMatchObject({ code })
    expect(String(error)).toMatch(`unable to connect to ws://127.0.0.1:`)
    expect(String(error)).toMatch(`/chat: the server answered ${status}`)
    for (const absent of ['secret', '\u001b', '\n']) expect(String(error)).not.toContain(absent)
    expect(String(error).length).toBeLessThan(500)
  },
)

test('a busy or closing server says when to return', async () => {
  const { server, url } = await startServer()
  const hub = new StandIn()
  hub.closing = true
  attach(hub, server, { path: '/chat' })

  const error = await reach(url('/chat')).catch((reason: unknown) => reason)

  expect(error).toMatchObject({ code: 'unavailable', retryAfter: 5_000, retryable: true })
})

test('a server that is an HTTP server without WebSockets is reported', async () => {
  const { url } = await startServer(
    createServer((_request, response: ServerResponse) => void response.end('a page')),
  )

  await expect(reach(url('/chat'))).rejects.toThrow(/the server answered 200: a page/)
})

test('a server that cannot be reached is unavailable, with the cause', async () => {
  const { server, url } = await startServer()
  server.close()
  await once(server, 'close')

  const error = await reach(url('/chat')).catch((reason: unknown) => reason)

  expect(error).toMatchObject({ code: 'unavailable', cause: { code: 'ECONNREFUSED' } })
})

test('a server that never answers is given up after `handshakeTimeout`', async () => {
  const url = await answering(() => {})

  await expect(reach(url, { handshakeTimeout: 50 })).rejects.toThrow(/timed out/)
})

test('an attempt ends when its signal aborts, before or during it', async () => {
  const { promise, controller } = await (async () => {
    const controller = new AbortController()
    const url = await answering(() => controller.abort(new Error('not wanted')))
    return { promise: dial(url)({ protocols: json, signal: controller.signal }), controller }
  })()

  await expect(promise).rejects.toThrow('not wanted')
  await expect(dial('ws://127.0.0.1:9/')({ protocols: [], signal: controller.signal })).rejects.toThrow(
    'not wanted',
  )
})

test('a signal that aborts after the connection is open has no effect', async () => {
  const { server, url } = await startServer()
  const hub = new StandIn()
  attach(hub, server, { path: '/chat' })
  const controller = new AbortController()
  const connection = await dial(url('/chat'))({ protocols: json, signal: controller.signal })
  const near = watch(connection, {} as never)

  controller.abort()

  hub.accepted[0]?.send('still here')
  expect(await near.next()).toBe('still here')
  near.connection.abort(new Error('the test is over'))
})

test('a server that agrees on no offered subprotocol is not a hub (P-FR-8)', async () => {
  const { server, url } = await startServer()
  attach(new StandIn(), server, { path: '/chat' })

  await expect(reach(url('/chat'), {}, ['chat.v9.cbor'])).rejects.toThrow(/no subprotocol/)
})

test.each([
  'permessage-deflate; server_max_window_bits=0',
  'permessage-deflate; server_max_window_bits=99',
  'constructor',
])('a hostile server’s extension %j is refused (SEC-08)', async (extension) => {
  const server = createServer()
  server.on('upgrade', (request, socket) => {
    const key = String(request.headers['sec-websocket-key'])
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\nSec-WebSocket-Extensions: ${extension}\r\n\r\n`,
    )
    socket.on('error', () => {})
  })
  const { url } = await startServer(server)

  await expect(reach(url('/chat'), {}, [])).rejects.toThrow(/extension/i)
})

test('an answer that is not HTTP is refused', async () => {
  const url = await answering((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'))

  await expect(reach(url)).rejects.toMatchObject({ code: 'unavailable' })
})

/** RFC 6455 §4.2.2. */
function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
}

test('a redirect is not followed, and the error names where it leads', async () => {
  const { server, url } = await startServer()
  server.on('request', (_request, response) =>
    response.writeHead(301, { location: 'https://www.app.example/chat/?token=secret' }).end('Moved'),
  )
  await expect(reach(url('/chat'))).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(
      /a redirect to "https:\/\/www\.app\.example\/chat\/", which is not followed/,
    ),
  })
})
