import { expect, test } from 'vitest'
import { RawPeer, upgradeRequest } from '../../../test-support/raw-peer.ts'
import { attach } from '../src/index.ts'
import { openClient } from './support/client.ts'
import { StandIn } from './support/hub.ts'
import { startServer } from './support/server.ts'

/** More headers than Node 20 and 22 keep, which drop those behind them; Node 24 refuses the request. */
const many = Array.from({ length: 3_000 }, (_, i) => `x${i}: \r\n`).join('')

test.each<[string, string, number | readonly number[]]>([
  ['without a key', upgradeRequest('/chat', { 'Sec-WebSocket-Key': null }), 400],
  ['with a key that is none', upgradeRequest('/chat', { 'Sec-WebSocket-Key': 'x' }), 400],
  ['with another version', upgradeRequest('/chat', { 'Sec-WebSocket-Version': '7' }), 400],
  ['for another protocol', upgradeRequest('/chat', { Upgrade: 'h2c' }), 400],
  ['that asks twice', upgradeRequest('/chat', { Upgrade: ['websocket', 'websocket'] }), 400],
  ['with another method', upgradeRequest('/chat').replace('GET', 'POST'), 405],
  ['with 16 KiB of a header', upgradeRequest('/chat', { 'X-Large': 'x'.repeat(16 * 1024) }), 431],
  [
    'with 3 000 headers before those that count',
    upgradeRequest('/chat').replace('Host', `${many}Host`),
    [400, 431],
  ],
  ['for a prototype', upgradeRequest('/__proto__'), 404],
])('an upgrade %s is answered, and the server lives (SEC-11)', async (_, request, status) => {
  const { server, port, url } = await startServer()
  attach(new StandIn(), server, { path: '/chat' })
  const peer = await RawPeer.connect(port)

  peer.socket.write(request)

  expect([status].flat()).toContain((await peer.response()).status)
  await openClient(url('/chat'))
})

test.each(['constructor', '__proto__; a=b', 'permessage-deflate; server_max_window_bits=99', ';;;'])(
  'an offer of the extension %j is not taken (SEC-08, SEC-11)',
  async (extension) => {
    const { server, port } = await startServer()
    attach(new StandIn(), server, { path: '/chat' })
    const peer = await RawPeer.connect(port)

    peer.socket.write(upgradeRequest('/chat', { 'Sec-WebSocket-Extensions': extension }))

    const { status, headers } = await peer.response()
    expect([status, headers['sec-websocket-extensions']]).toEqual([101, undefined])
  },
)
