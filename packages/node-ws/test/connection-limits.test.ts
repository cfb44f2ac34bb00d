import { Client, Hub, type Limits } from '@chat/core'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { RawPeer, upgradeRequest } from '../../../test-support/raw-peer.ts'
import { attach, dial, upgradeHandler } from '../src/index.ts'
import { openClient, refusalOf, welcomed } from './support/client.ts'
import { startServer } from './support/server.ts'

function limitedHub(limits: Partial<Limits>): Hub {
  const hub = new Hub({ authenticate: ({ token }) => ({ id: String(token) }), limits })
  onTestFinished(() => hub.close({ deadline: 0 }))
  return hub
}

const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })

test('an address over its limit is answered before the upgrade with 429 and Retry-After, and others get in (SEC-12)', async () => {
  const { server, port, url } = await startServer()
  attach(limitedHub({ connectionsPerAddress: 2 }), server, { path: '/chat', trustProxy: 1 })
  const first = await welcomed(url('/chat'), 'alice', from('198.51.100.1'))
  await welcomed(url('/chat'), 'bob', from('198.51.100.1'))

  const peer = await RawPeer.connect(port)
  peer.socket.write(upgradeRequest('/chat', { 'X-Forwarded-For': '198.51.100.1' }))
  const { status, headers } = await peer.response()
  expect([status, Number(headers['retry-after'])]).toEqual([429, expect.toSatisfy((s) => s >= 1 && s <= 5)])
  await welcomed(url('/chat'), 'carol', from('198.51.100.2'))

  first.ws.terminate()
  await expect.poll(() => refusalOf(url('/chat'), from('198.51.100.1')).catch(() => 101)).not.toBe(429)
})

test('an item of X-Forwarded-For that the client wrote itself makes it no other address (SEC-26)', async () => {
  const { server, url } = await startServer()
  attach(limitedHub({ connectionsPerAddress: 1 }), server, { path: '/chat', trustProxy: 1 })
  await welcomed(url('/chat'), 'alice', from('203.0.113.1, 198.51.100.1'))

  expect(await refusalOf(url('/chat'), from('203.0.113.2, 198.51.100.1'))).toBe(429)
})

test('a full hub is answered with 503', async () => {
  const { server, url } = await startServer()
  attach(limitedHub({ connections: 1 }), server, { path: '/chat' })
  await welcomed(url('/chat'), 'alice')

  expect(await refusalOf(url('/chat'))).toBe(503)
})

test('strangers who never send `hello` take the places of handshakes only, and give them back in time', async () => {
  const { server, url } = await startServer()
  const hub = new Hub({
    authenticate: ({ token }) => ({ id: String(token) }),
    limits: { handshakes: 2, handshakesPerAddress: 2 },
    timeouts: { hello: 100 },
  })
  onTestFinished(() => hub.close({ deadline: 0 }))
  attach(hub, server, { path: '/chat' })
  const strangers = [await openClient(url('/chat')), await openClient(url('/chat'))]

  expect(await refusalOf(url('/chat'))).toBe(503)
  for (const { closed } of strangers) expect(await closed).toMatchObject({ code: 4408 })
  await welcomed(url('/chat'), 'alice')
  await welcomed(url('/chat'), 'bob')
  await welcomed(url('/chat'), 'carol')
})

test('a socket that the host has upgraded itself is closed with 4013, and the client comes back in time', async () => {
  const hub = limitedHub({ connections: 1, connectionsPerAddress: 1 })
  const { server, url } = await startServer()
  const chat = upgradeHandler(hub)
  new WebSocketServer({ server }).on('connection', (ws, request) => chat.accept(ws, request))
  const first = await welcomed(url('/chat'), 'alice')

  const client = new Client({ dial: dial(url('/chat')), token: 'bob' })
  onTestFinished(() => client.close())
  const refused = new Promise((resolve) => client.on('$status', ({ error }) => error && resolve(error)))
  expect(await refused).toMatchObject({ code: 'rate_limited', retryAfter: expect.any(Number) })

  first.ws.terminate()
  await expect.poll(() => client.status, { timeout: 10_000 }).toBe('connected')
})
