import { expect, test } from 'vitest'
import { RawPeer, upgradeRequest } from '../../../test-support/raw-peer.ts'
import { attach } from '../src/index.ts'
import { StandIn } from './support/hub.ts'
import { startServer } from './support/server.ts'

async function negotiated(spoken: readonly string[], offered: string | null) {
  const { server, port } = await startServer()
  const hub = new StandIn({ subprotocols: spoken })
  attach(hub, server, { path: '/chat' })
  const peer = await RawPeer.connect(port)
  peer.socket.write(upgradeRequest('/chat', { 'Sec-WebSocket-Protocol': offered }))
  const { status, headers } = await peer.response()
  return [status, headers['sec-websocket-protocol'], hub.accepted[0]?.connection.protocol]
}

test('the first offered subprotocol that the hub speaks is taken (P-FR-8)', async () => {
  const spoken = ['chat.v1.json', 'chat.v1.msgpack']
  expect(await negotiated(spoken, 'x, chat.v1.msgpack, chat.v1.json')).toEqual([
    101,
    'chat.v1.msgpack',
    'chat.v1.msgpack',
  ])
})

test('a subprotocol that the hub does not speak is never echoed, and the client is still admitted (P-FR-8)', async () => {
  expect(await negotiated(['chat.v1.json'], 'graphql-ws, __proto__')).toEqual([101, undefined, ''])
})

test('without an offer there is no subprotocol (P-FR-8)', async () => {
  expect(await negotiated(['chat.v1.json'], null)).toEqual([101, undefined, ''])
})

test('an offer that breaks the grammar is answered with 400', async () => {
  expect((await negotiated(['chat.v1.json'], 'chat.v1.json,,'))[0]).toBe(400)
})

test.each([
  ['nothing but commas', ','.repeat(8_000), 400],
  ['nothing but spaces', `x${' '.repeat(8_000)}`, 101],
  ['spaces and commas', 'x, '.repeat(2_500).slice(0, -2), 400],
  ['the same one many times', Array.from({ length: 500 }, () => 'chat.v1.json').join(','), 400],
  ['what is no token', 'chat.v1.json, "x"', 400],
])(
  'an offer of %s is handled at once, and agrees on an offered name or on none (U-21)',
  async (_, offered, status) => {
    const start = performance.now()
    const answer = await negotiated(['chat.v1.json'], offered)
    expect([answer[0], answer[1]]).toEqual([status, undefined])
    expect(performance.now() - start).toBeLessThan(2_000)
  },
)

test('the subprotocol of the hub is found in a thousand offers, and no name without it (U-21)', async () => {
  const many = Array.from({ length: 1_000 }, (_, i) => `p${i}`)
  expect(await negotiated(['chat.v1.json'], [...many, 'chat.v1.json'].join(', '))).toEqual([
    101,
    'chat.v1.json',
    'chat.v1.json',
  ])
  expect(await negotiated(['chat.v1.json'], many.join(', '))).toEqual([101, undefined, ''])
})

test('an offer of 64 KiB exceeds the limit of headers (U-21)', async () => {
  expect((await negotiated(['chat.v1.json'], ', '.repeat(32 * 1024)))[0]).toBe(431)
})
