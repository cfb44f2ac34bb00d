import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage, type RequestListener } from 'node:http'
import { connect } from 'node:net'
import { Batch, Frame } from '@chat/core/transport'
import { expect, onTestFinished, test, vi } from 'vitest'
import { TestServer } from '../../../test-support/test-server.ts'
import { nodeHttpHandler } from '../src/node/index.ts'
import { TestHub } from './support/test-hub.ts'

async function serve(listener: RequestListener): Promise<TestServer> {
  const server = await TestServer.start(listener)
  onTestFinished(() => server.stop())
  return server
}

/** Opens a stream over a socket of its own, and reads its id. */
async function open(server: TestServer, path = '/chat'): Promise<{ id: string; response: IncomingMessage }> {
  const asked = httpRequest({
    port: server.port,
    path,
    headers: { accept: 'text/event-stream' },
    agent: false,
  }).end()
  asked.on('error', () => {})
  onTestFinished(() => void asked.destroy())
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  response.on('error', () => {})
  const [first] = (await once(response, 'data')) as [Buffer]
  return { id: /data: (\S+)/.exec(String(first))?.[1] ?? '', response }
}

const post = (server: TestServer, id: string, seq: number, body: string): Promise<Response> =>
  fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'chat-connection': id, 'chat-seq': String(seq) },
    body,
  })

test('a request that is not for the hub goes to the next middleware', async () => {
  const chat = nodeHttpHandler(new TestHub(), { path: '/chat' })
  const middleware = await serve((request, response) => chat(request, response, () => response.end('next')))
  const plain = await serve((request, response) => {
    if (!chat(request, response)) response.end('other')
  })

  expect(await (await fetch(`${middleware.url}s`)).text()).toBe('next')
  expect(await (await fetch(plain.url)).text()).toBe('other')
})

test('mounted below a path, the handler matches the whole path', async () => {
  const host = new TestHub()
  const chat = nodeHttpHandler(host, { path: '/api/chat' })
  const server = await serve((request, response) => {
    const mounted = Object.assign(request, {
      originalUrl: request.url,
      url: request.url?.replace('/api', ''),
    })
    chat(mounted, response)
  })

  await open(server, '/api/chat')

  expect(host.peers).toHaveLength(1)
})

test('a path is matched as it arrived: a path that only resolves to the hub’s does not match (SEC-26)', async () => {
  const host = new TestHub()
  const chat = nodeHttpHandler(host, { path: '/chat' })
  const server = await serve((request, response) => {
    if (!chat(request, response)) response.writeHead(404).end()
  })

  const asked = httpRequest({
    port: server.port,
    path: '/a/../chat',
    headers: { accept: 'text/event-stream' },
  }).end()
  const [{ statusCode }] = (await once(asked, 'response')) as [IncomingMessage]

  expect(statusCode).toBe(404)
})

test('a body that was read before is answered with an error, not taken for empty', async () => {
  const host = new TestHub()
  const chat = nodeHttpHandler(host, { path: '/chat' })
  const server = await serve(async (request, response) => {
    if (request.method === 'POST') for await (const _ of request);
    chat(request, response)
  })
  const { id } = await open(server)

  const answer = await post(server, id, 1, '["a"]')

  expect([answer.status, (await answer.text()).includes('express.json()')]).toEqual([500, true])
  expect(host.received).toEqual([])
})

test('on a loopback address only loopback names count, so that no page can point its own name at it (P-HT-3)', async () => {
  const host = new TestHub()
  const chat = nodeHttpHandler(host, { path: '/chat' })
  const server = await serve((request, response) => void chat(request, response))
  const headers = {
    host: 'evil.example',
    origin: 'http://evil.example',
    accept: 'text/event-stream',
  }

  const asked = httpRequest({ port: server.port, path: '/chat', headers }).end()
  const [{ statusCode }] = (await once(asked, 'response')) as [IncomingMessage]

  expect([statusCode, host.peers.length]).toEqual([403, 0])
})

test('a POST that is cut in the middle of its body has no effect', async () => {
  const host = new TestHub()
  const chat = nodeHttpHandler(host, { path: '/chat' })
  const server = await serve((request, response) => void chat(request, response))
  const { id } = await open(server)
  const head = [
    'POST /chat HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    `Chat-Connection: ${id}`,
    'Chat-Seq: 1',
    'Content-Length: 100',
  ].join('\r\n')
  const socket = connect(server.port)
  await once(socket, 'connect')
  const before = host.newest.connection.received

  socket.write(`${head}\r\n\r\n["half`)
  await vi.waitFor(() => expect(host.newest.connection.received).toBeGreaterThan(before))
  socket.resetAndDestroy()

  expect((await post(server, id, 1, '["whole"]')).status).toBe(204)
  expect(host.received).toEqual(['["whole"]'])
})

test('a hub’s refusal ends the connection of a body that was not read', async () => {
  const chat = nodeHttpHandler(new TestHub(), { path: '/chat' })
  const server = await serve((request, response) => void chat(request, response))
  const socket = connect(server.port)
  const said = once(socket, 'data')
  socket.write(
    'POST /chat HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nChat-Connection: nobody\r\nChat-Seq: 1\r\nContent-Length: 99999\r\n\r\n[',
  )

  const [answer] = (await said) as [Buffer]
  expect(String(answer)).toMatch(/^HTTP\/1\.1 404 [\s\S]*connection: close/i)
  socket.resume()
  await once(socket, 'close')
})

test('the heartbeat does not keep a process running after its server has closed', async () => {
  const timers = vi.spyOn(globalThis, 'setTimeout')
  onTestFinished(() => timers.mockRestore())
  const chat = nodeHttpHandler(new TestHub(), { path: '/chat', heartbeat: 86_402 })
  const server = await serve((request, response) => void chat(request, response))

  await open(server)

  const beats = timers.mock.calls.flatMap(([, delay], i) =>
    delay === 43_201 ? [timers.mock.results[i]?.value as NodeJS.Timeout] : [],
  )
  expect(beats.map((timer) => timer.hasRef())).toEqual([false])
})

test('a client that leaves leaves no timer behind', async () => {
  const timers = vi.spyOn(globalThis, 'setTimeout')
  onTestFinished(() => timers.mockRestore())
  const host = new TestHub()
  const chat = nodeHttpHandler(host, { path: '/chat' })
  const server = await serve((request, response) => void chat(request, response))
  const { response } = await open(server)

  response.destroy()
  await vi.waitFor(() => expect(host.end?.code).toBe(1006))
  await new Promise((resolve) => setImmediate(resolve))

  expect(timers.mock.calls.filter(([, delay]) => delay === 5_000)).toEqual([])
})

test('a client that vanishes before its answer leaves no connection behind', async () => {
  const host = new TestHub()
  const chat = nodeHttpHandler(host, { path: '/chat' })
  const server = await serve((request, response) => {
    // As a slow middleware before the hub's would do.
    request.socket.once('close', () => chat(request, response))
    socket.resetAndDestroy()
  })
  const socket = connect(server.port)
  socket.write('GET /chat HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n')

  await vi.waitFor(() => expect(host.peers).toHaveLength(1))
  await vi.waitFor(() => expect(host.end?.code).toBe(1006))
})

test('a request that a framework’s timeout answers while its body arrives is answered once', async () => {
  const host = new TestHub()
  const chat = nodeHttpHandler(host, { path: '/chat', bodyTimeout: 20 })
  const unhandled: unknown[] = []
  const note = (error: unknown): void => void unhandled.push(error)
  process.on('unhandledRejection', note)
  onTestFinished(() => void process.off('unhandledRejection', note))
  let answered: Promise<unknown> = Promise.resolve()
  const server = await serve((request, response) => {
    chat(request, response)
    if (request.method !== 'POST') return
    response.writeHead(503).write('too late')
    answered = new Promise((resolve) => setTimeout(resolve, 100))
  })
  const { id } = await open(server)
  const socket = connect(server.port)
  const said = once(socket, 'data')
  socket.write(
    `POST /chat HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nChat-Connection: ${id}\r\nChat-Seq: 1\r\nContent-Length: 9\r\n\r\n[`,
  )

  expect(String((await said)[0])).toMatch(/^HTTP\/1\.1 503 /)
  await answered
  expect(unhandled).toEqual([])
  socket.destroy()
})

test('a client that does not read loses its socket when the hub has ended the connection (P-LV-4)', async () => {
  const host = new TestHub()
  const chat = nodeHttpHandler(host, { path: '/chat' })
  const server = await serve((request, response) => void chat(request, response))
  const socket = connect(server.port)
  onTestFinished(() => void socket.destroy())
  socket.pause()
  socket.write('GET /chat HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n')
  await vi.waitFor(() => expect(host.peers).toHaveLength(1))
  const { connection } = host.newest
  const full = Batch.root().append(new Frame(JSON.stringify('x'.repeat(60_000))))
  // More than the network takes for a peer that does not read.
  for (let i = 0; i < 1_000; i++) connection.send(full)
  let before = 0
  await vi.waitFor(
    () => {
      const now = connection.bufferedAmount
      const stuck = now === before
      before = now
      expect(stuck).toBe(true)
    },
    { interval: 100, timeout: 10_000 },
  )
  expect(before).toBeGreaterThan(0)

  connection.abort(new Error('slow'))

  await vi.waitFor(() => expect(server.open).toBe(0))
})
