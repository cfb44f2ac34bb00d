import { connect } from '@chat/browser'
import { bunHandler } from '@chat/bun'
import { type Client, Hub } from '@chat/core'
import { afterEach, expect, test } from 'vitest'
import { type RunningServer, serve } from './support/bun.ts'

/*
 * A server of Bun has a single `fetch` and a single `websocket`. These tests cover other users of both. `npm
 * run test:runtimes` runs them in bun:test.
 */

const open: { close(): unknown }[] = []

afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

function testHub(): Hub {
  const hub = new Hub({
    authenticate: ({ token }) => (token === null ? null : { id: token }),
    authorize: () => true,
  })
  open.push({ close: () => hub.close({ deadline: 0 }) })
  return hub
}

function listen(parts: Pick<Parameters<typeof serve>[0], 'fetch' | 'websocket'>): RunningServer {
  const server = serve({ port: 0, hostname: '127.0.0.1', ...parts })
  open.push({ close: () => server.stop(true) })
  return server
}

async function client(server: RunningServer, path: string): Promise<Client> {
  const made = connect(`ws://127.0.0.1:${server.port}${path}`, { token: 'alice' })
  open.unshift(made)
  await new Promise<void>((resolve) => {
    made.on('$status', ({ status }) => status === 'connected' && resolve())
  })
  return made
}

const received = (from: Client): Promise<unknown> =>
  new Promise((resolve) => {
    from.on('say', resolve)
  })

const page = (server: RunningServer, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${server.port}${path}`, init)

test('the application answers requests that are no WebSocket for the hub, at the hub’s own path as well', async () => {
  const hub = testHub()
  const chat = bunHandler(hub, {
    path: '/chat',
    fetch: (request: Request) => new Response(`page ${new URL(request.url).pathname}`),
  })
  const server = listen(chat)

  expect(await (await page(server, '/other')).text()).toBe('page /other')
  expect(await (await page(server, '/chat')).text()).toBe('page /chat')

  const heard = received(await client(server, '/chat'))
  await hub.to('@alice').send('say', 'hi')
  expect(await heard).toBe('hi')
})

test('without an application other paths are answered with 404, and the hub’s own path with 426', async () => {
  const server = listen(bunHandler(testHub(), { path: '/chat' }))
  expect((await page(server, '/other')).status).toBe(404)
  const { status, headers } = await page(server, '/chat')
  expect([status, headers.get('upgrade')]).toEqual([426, 'websocket'])
})

test('an incomplete upgrade is answered with 400 and reported', async () => {
  const told: number[] = []
  const server = listen(
    bunHandler(testHub(), { path: '/chat', onRefused: ({ status }) => told.push(status) }),
  )
  const { status } = await page(server, '/chat', { headers: { connection: 'upgrade', upgrade: 'websocket' } })
  expect(status).toBe(400)
  expect(told).toEqual([400])
})

test('two hubs share a server as a chain, each with its own users', async () => {
  const [first, second] = [testHub(), testHub()]
  const server = listen(bunHandler(second, { path: '/b', ...bunHandler(first, { path: '/a' }) }))
  const [a, b] = [await client(server, '/a'), await client(server, '/b')]
  const [one, two] = [received(a), received(b)]
  await first.to('@alice').send('say', 'at the first')
  await second.to('@alice').send('say', 'at the second')
  expect(await one).toBe('at the first')
  expect(await two).toBe('at the second')
  expect([first.sessions.length, second.sessions.length]).toEqual([1, 1])
})

test('the application’s own WebSockets work as before, beside the hub’s', async () => {
  const hub = testHub()
  const events: string[] = []
  interface Own {
    readonly data: unknown
    send(text: string): number
  }
  const chat = bunHandler(hub, {
    path: '/chat',
    fetch: (request: Request, server: RunningServer) =>
      server.upgrade(request, { data: { own: true }, headers: {} }) ? undefined : new Response('page'),
    websocket: {
      open: ({ data }: Own) => void events.push(`open ${JSON.stringify(data)}`),
      message: (socket: Own, message) => void socket.send(`echo ${String(message)}`),
      close: (_: Own, code) => void events.push(`close ${code}`),
    },
  })
  const server = listen(chat)
  const heard = received(await client(server, '/chat'))

  const own = new WebSocket(`ws://127.0.0.1:${server.port}/echo`)
  await new Promise((resolve) => own.addEventListener('open', resolve))
  const answer = new Promise((resolve) => own.addEventListener('message', ({ data }) => resolve(data)))
  own.send('one')
  expect(await answer).toBe('echo one')
  const closed = new Promise((resolve) => own.addEventListener('close', resolve))
  own.close(4000)
  await closed
  await hub.to('@alice').send('say', 'hi')
  expect(await heard).toBe('hi')
  expect(events).toEqual(['open {"own":true}', 'close 4000'])
})

test('a peer that stopped reading is dropped when its time is up, not held for ever', async () => {
  const hub = testHub()
  const server = listen(bunHandler(hub, { path: '/chat' }))
  const { connect: dial } = await import('node:net')
  const socket = dial(server.port, '127.0.0.1')
  open.push({ close: () => socket.destroy() })
  const head = ['GET /chat HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: websocket']
  socket.write(
    `${[...head, 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='].join('\r\n')}\r\n\r\n`,
  )
  await new Promise((resolve) => socket.once('data', resolve))
  socket.write(frame('["hello",{"v":[1,1],"token":"alice"}]'))
  await new Promise((resolve) => socket.once('data', resolve))
  socket.pause()
  for (let n = 0; n < 300; n++) void hub.to('@alice').send('noise', 'x'.repeat(30_000))
  await new Promise((resolve) => setTimeout(resolve, 200))
  const left = new Promise<number>((resolve) => hub.on('$disconnect', ({ code }) => resolve(code)))
  expect(server.pendingWebSockets).toBe(1)
  hub.sessions[0]?.close(4001)
  expect(await left).toBe(4001)
  // The peer still has unread bytes.
  expect(server.pendingWebSockets).toBe(1)
  // The hub cuts it off later; the timeout of the test is the bound.
  while (server.pendingWebSockets > 0) await new Promise((resolve) => setTimeout(resolve, 100))
}, 15_000)

/** Returns a masked frame of text; the mask is zero. */
function frame(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text)
  return new Uint8Array([0x81, 0x80 | bytes.length, 0, 0, 0, 0, ...bytes])
}

test('a hub that was detached leaves its path to the application', async () => {
  const chat = bunHandler(testHub(), { path: '/chat' })
  const server = listen(chat)
  chat.detach()
  expect((await page(server, '/chat')).status).toBe(404)
})
