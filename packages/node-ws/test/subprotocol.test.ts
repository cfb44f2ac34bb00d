import { expect, test } from 'vitest'
import { attach } from '../src/index.ts'
import { StandIn } from './support/hub.ts'
import { RawPeer, upgradeRequest } from './support/raw.ts'
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

test('a subprotocol that the hub does not speak is never echoed, and the client still let in (P-FR-8)', async () => {
  expect(await negotiated(['chat.v1.json'], 'graphql-ws, __proto__')).toEqual([101, undefined, ''])
})

test('without an offer there is no subprotocol (P-FR-8)', async () => {
  expect(await negotiated(['chat.v1.json'], null)).toEqual([101, undefined, ''])
})

test('an offer that breaks the grammar is answered with 400', async () => {
  expect((await negotiated(['chat.v1.json'], 'chat.v1.json,,'))[0]).toBe(400)
})
