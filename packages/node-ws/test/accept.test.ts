import { expect, onTestFinished, test, vi } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { frame, RawPeer } from '../../../test-support/raw-peer.ts'
import { testHub } from '../../../test-support/test-hub.ts'
import { type UpgradeHandlerOptions, upgradeHandler } from '../src/index.ts'
import { openClient, welcomed } from './support/client.ts'
import { StandIn } from './support/hub.ts'
import { startServer } from './support/server.ts'

/** A host that upgrades by itself, as Fastify and NestJS do. */
async function host(hub: Parameters<typeof upgradeHandler>[0], options?: UpgradeHandlerOptions) {
  const started = await startServer()
  const chat = upgradeHandler(hub, options)
  const sockets: WebSocket[] = []
  const accepted: boolean[] = []
  new WebSocketServer({ server: started.server }).on('connection', (ws, request) => {
    sockets.push(ws)
    accepted.push(chat.accept(ws, request))
  })
  return { ...started, sockets, accepted, chat }
}

test('a socket that the host has opened talks to the hub, with the parameters of its path', async () => {
  const hub = new StandIn()
  const { url, accepted } = await host(hub, { path: '/ws/:user' })

  const client = await openClient(url('/ws/alice?a=1'))
  client.ws.send('to the hub')
  hub.accepted[0]?.send('to the client')

  expect(accepted).toEqual([true])
  expect({ ...hub.accepted[0]?.handshake.params }).toEqual({ user: 'alice' })
  expect(await client.next()).toBe('to the client')
  expect(await hub.accepted[0]?.next()).toBe('to the hub')
  client.ws.close(4321, 'bye')
  expect(await hub.accepted[0]?.closed).toEqual({ code: 4321, reason: 'bye' })
})

test('the whole conversation works over a socket of the host', async () => {
  const hub = testHub()
  const { url } = await host(hub)
  const alice = await welcomed(url('/anything'), 'alice')

  await hub.to('@alice').send('dm', 'hi')

  expect((await alice.until('msg')).slice(3, 5)).toEqual(['dm', 'hi'])
})

test('the origin is checked there too (SEC-01)', async () => {
  const hub = new StandIn()
  const { url, accepted } = await host(hub)

  const client = await openClient(url('/chat'), { origin: 'https://evil.example' })

  expect((await client.closed).code).toBe(4503)
  expect(accepted).toEqual([false])
  expect(hub.accepted).toHaveLength(0)
})

test('a subprotocol that the host agreed on and the hub does not speak is refused (P-FR-8)', async () => {
  const { url, accepted } = await host(new StandIn())

  const client = await openClient(url('/chat'), { protocols: ['chat.v9.cbor'] })

  expect((await client.closed).code).toBe(4502)
  expect(accepted).toEqual([false])
})

test('a socket is closed with 4001 while the hub closes, or after `detach`', async () => {
  const hub = new StandIn()
  const { url, chat } = await host(hub)
  hub.closing = true
  expect((await (await openClient(url('/chat'))).closed).code).toBe(4001)
  hub.closing = false
  chat.detach()

  expect((await (await openClient(url('/chat'))).closed).code).toBe(4001)
})

test('a wrongly encoded path is refused', async () => {
  const { url } = await host(new StandIn(), { path: '/ws/:user' })

  expect((await (await openClient(url('/ws/%ff'))).closed).code).toBe(4502)
})

test('a socket that is no longer open is not taken', async () => {
  const started = await startServer()
  const hub = new StandIn()
  const chat = upgradeHandler(hub)
  const taken = new Promise((resolve) => {
    new WebSocketServer({ server: started.server }).on('connection', (ws, request) => {
      ws.on('close', () => resolve(chat.accept(ws, request)))
      ws.terminate()
    })
  })

  await openClient(started.url('/chat'))

  expect(await taken).toBe(false)
  expect(hub.accepted).toHaveLength(0)
})

test('waiting bytes are counted, `send` returns false above the mark, and a drain follows', async () => {
  const hub = new StandIn()
  const { port } = await host(hub)
  const next = hub.next()
  const peer = await RawPeer.upgraded(port, '/chat')
  peer.socket.pause()
  const accepted = await next

  for (let i = 0; i < 500; i++) accepted.send('x'.repeat(40_000))

  expect(accepted.send('more')).toBe(false)
  expect(accepted.connection.bufferedAmount).toBeGreaterThan(4 * 1024 * 1024)
  peer.socket.resume()
  await vi.waitFor(() => expect(accepted.drains).toBe(1), { timeout: 4_000 })
  expect(accepted.connection.bufferedAmount).toBeLessThan(64 * 1024)
})

test('an invalid frame throws no exception (SEC-09)', async () => {
  const hub = new StandIn()
  const { port } = await host(hub)
  const next = hub.next()
  const peer = await RawPeer.upgraded(port, '/chat')

  peer.socket.write(frame(1, 'x', { rsv: 7 }))

  expect((await peer.closeFrame()).code).toBe(1002)
  await (await next).closed
})

test('messages and pings are counted where bytes are not', async () => {
  const hub = new StandIn()
  const started = await startServer()
  const chat = upgradeHandler(hub)
  new WebSocketServer({ server: started.server }).on('connection', (ws, request) => {
    const bare = Object.create(request, { socket: { value: { remoteAddress: '127.0.0.1' } } })
    chat.accept(ws, bare)
  })
  const client = await openClient(started.url('/chat'))
  const accepted = hub.accepted[0]
  expect(accepted?.connection.received).toBe(0)

  client.ws.send('x')
  client.ws.ping()
  client.ws.pong()

  await vi.waitFor(() => expect(accepted?.connection.received).toBe(3))
})

test('a peer that never answers a close is dropped after five seconds, whatever the host’s own timeout', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const hub = new StandIn()
  const { port } = await host(hub)
  const next = hub.next()
  const peer = await RawPeer.upgraded(port, '/chat')
  const accepted = await next
  accepted.connection.close(4001, 'going')
  expect((await peer.closeFrame()).code).toBe(4001)

  vi.advanceTimersByTime(5_000)

  expect((await accepted.closed).code).toBe(1006)
})
