import { once } from 'node:events'
import { expect, test } from 'vitest'
import { frame, RawPeer, upgradeRequest } from '../../../test-support/raw-peer.ts'
import { attach } from '../src/index.ts'
import { openClient } from './support/client.ts'
import { StandIn } from './support/hub.ts'
import { startServer, type TestServer } from './support/server.ts'

/** An exception that nobody catches fails the run by itself; what remains to show is that the server still works. */
async function alive({ url }: TestServer): Promise<void> {
  const client = await openClient(url('/chat'))
  client.ws.terminate()
}

async function started(): Promise<TestServer> {
  const started = await startServer()
  attach(new StandIn(), started.server, { path: '/chat' })
  return started
}

/** Until the server has seen the end of its only other connection. */
async function settled({ server }: TestServer): Promise<void> {
  for (;;) {
    const count = await new Promise<number>((resolve) => server.getConnections((_, n) => resolve(n)))
    if (count === 0) return
    await new Promise(setImmediate)
  }
}

test.each<[string, string | Buffer]>([
  ['half a request', upgradeRequest('/chat').slice(0, 40)],
  ['a whole request', upgradeRequest('/chat')],
  ['a request for a path of nobody', upgradeRequest('/nowhere')],
  ['a request from a foreign origin', upgradeRequest('/chat', { Origin: 'https://evil.example' })],
  ['a request without a key', upgradeRequest('/chat', { 'Sec-WebSocket-Key': null })],
  ['an upgrade to HTTP/2', upgradeRequest('/chat', { Upgrade: 'h2c' })],
  [
    'a request and half a frame',
    Buffer.concat([Buffer.from(upgradeRequest('/chat')), frame(1, 'x').subarray(0, 3)]),
  ],
  [
    'a request and an invalid frame',
    Buffer.concat([Buffer.from(upgradeRequest('/chat')), frame(1, 'x', { rsv: 7 })]),
  ],
])('a reset right after %s harms nobody (SEC-10)', async (_, bytes) => {
  const server = await started()
  const peer = await RawPeer.connect(server.port)

  peer.socket.write(bytes)
  await new Promise(setImmediate)
  peer.socket.resetAndDestroy()

  await settled(server)
  await alive(server)
})

test.each<[string, string]>([
  ['an upgrade', '/chat'],
  ['a refusal', '/nowhere'],
])('a reset while the server answers %s harms nobody (SEC-10)', async (_, path) => {
  const server = await started()
  const peer = await RawPeer.connect(server.port)
  server.server.prependListener('upgrade', (_request, socket) => {
    peer.socket.resetAndDestroy()
    socket.on('close', () => {})
  })

  peer.socket.write(upgradeRequest(path))

  await once(peer.socket, 'close')
  server.server.removeAllListeners('upgrade')
  await settled(server)
})

test('a reset of a request that is left to other listeners does no harm (SEC-10)', async () => {
  const server = await started()
  const left = new Promise((resolve) => server.server.on('upgrade', resolve))
  const peer = await RawPeer.connect(server.port)
  peer.socket.write(upgradeRequest('/theirs'))
  await left

  peer.socket.resetAndDestroy()

  await once(peer.socket, 'close')
  server.server.closeAllConnections()
  await alive(server)
})

test('a socket that an error hits between its upgrade and its first frame is reported once (SEC-09)', async () => {
  const { server, port } = await startServer()
  const hub = new StandIn()
  attach(hub, server, { path: '/chat' })
  server.on('upgrade', (_request, socket) => socket.destroy(new Error('the network is gone')))
  const next = hub.next()

  const peer = await RawPeer.connect(port)
  peer.socket.write(upgradeRequest('/chat'))

  const accepted = await next
  expect((await accepted.closed).code).toBe(1006)
  expect(accepted.ends).toBe(1)
})
