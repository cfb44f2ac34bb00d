import { constants, deflateRawSync } from 'node:zlib'
import { expect, test, vi } from 'vitest'
import { frame, RawPeer, upgradeRequest } from '../../../test-support/raw-peer.ts'
import { testHub } from '../../../test-support/test-hub.ts'
import { attach } from '../src/index.ts'
import { openClient } from './support/client.ts'
import { StandIn } from './support/hub.ts'
import { startServer } from './support/server.ts'

const offer = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' }

test('compression is not negotiated without the option (SEC-08)', async () => {
  const { server, port } = await startServer()
  attach(new StandIn(), server, { path: '/chat' })
  const peer = await RawPeer.connect(port)

  peer.socket.write(upgradeRequest('/chat', offer))

  expect((await peer.response()).headers['sec-websocket-extensions']).toBeUndefined()
})

test('with compression messages of all sizes arrive in order, and a close after them', async () => {
  const { server, url } = await startServer()
  const hub = new StandIn()
  attach(hub, server, { path: '/chat', compression: { threshold: 100 } })
  const client = await openClient(url('/chat'), { perMessageDeflate: true })
  const accepted = hub.accepted[0]
  expect(client.ws.extensions).toBe('permessage-deflate')
  const sizes = [10, 5_000, 1, 200_000, 99, 100]

  for (const size of sizes) accepted?.send('z'.repeat(size))
  expect(accepted?.connection.bufferedAmount).toBeGreaterThan(0)
  accepted?.connection.close(4001, 'done')

  for (const size of sizes) expect(await client.next()).toBe('z'.repeat(size))
  expect(await client.closed).toEqual({ code: 4001, reason: 'done' })
  await vi.waitFor(() => expect(accepted?.ends).toBe(1))
})

test('with compression a client without the extension gets plain messages', async () => {
  const { server, url } = await startServer()
  const hub = new StandIn()
  attach(hub, server, { path: '/chat', compression: true })
  const client = await openClient(url('/chat'))

  hub.accepted[0]?.send('plain')

  expect(client.ws.extensions).toBe('')
  expect(await client.next()).toBe('plain')
})

test('with compression waiting bytes are counted, `send` returns false above the mark, and a drain follows', async () => {
  const { server, url } = await startServer()
  const hub = new StandIn()
  attach(hub, server, { path: '/chat', compression: true })
  await openClient(url('/chat'), { perMessageDeflate: true })
  const accepted = hub.accepted[0]

  const answers = Array.from({ length: 50 }, () => accepted?.send('x'.repeat(10_000)))

  expect(answers.at(-1)).toBe(false)
  expect(accepted?.connection.bufferedAmount).toBeGreaterThan(400_000)
  await vi.waitFor(() => expect(accepted?.drains).toBe(1), { timeout: 4_000 })
  expect(accepted?.connection.bufferedAmount).toBeLessThan(64 * 1024)
})

test('a message that inflates beyond the limit is 1009 (SEC-08)', async () => {
  const { server, port } = await startServer()
  const hub = new StandIn({ transmission: 256 * 1024 })
  attach(hub, server, { path: '/chat', compression: true })
  const peer = await RawPeer.connect(port)
  peer.socket.write(upgradeRequest('/chat', offer))
  expect((await peer.response()).status).toBe(101)
  const bomb = deflateRawSync(Buffer.alloc(100 * 1024 * 1024))

  peer.socket.write(frame(1, bomb, { rsv: 4 }))

  expect((await peer.closeFrame()).code).toBe(1009)
  expect(hub.accepted[0]?.received).toEqual([])
})

/** A frame of compressed text, the first of a message. */
function inflating(text: string, fin: boolean): Buffer {
  const flushed = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
  return frame(1, flushed, { fin, rsv: 4 })
}

test.each([false, true])(
  'what a stranger has compressed is bounded as it is inflated, also while the message is unfinished (SEC-04, SEC-08); finished: %s',
  async (fin) => {
    const { server, port } = await startServer()
    attach(testHub(), server, { path: '/chat', compression: true })
    const peer = await RawPeer.upgraded(port, '/chat', offer)

    peer.socket.write(inflating(JSON.stringify(['hello', { v: [1, 1], pad: 'x'.repeat(100_000) }]), fin))

    expect((await peer.closeFrame()).code).toBe(1009)
  },
)

test('with compression a client that was welcomed sends as much as any other (SEC-08)', async () => {
  const { server, url } = await startServer()
  const hub = testHub()
  hub.handle('length', (text) => String(text).length)
  attach(hub, server, { path: '/chat', compression: true })
  const client = await openClient(url('/chat'), { perMessageDeflate: { threshold: 0 } })

  client.ws.send(JSON.stringify(['hello', { v: [1, 1], token: 'alice' }]))
  expect(await client.next()).toContain('welcome')
  client.ws.send(JSON.stringify(['call', 1, 'length', 'x'.repeat(60_000)]))

  expect(await client.next()).toBe('["ok",1,60000]')
})
