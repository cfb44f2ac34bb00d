import { expect, test } from 'vitest'
import { closeFrame, frame, RawPeer } from '../../../test-support/raw-peer.ts'
import { attach } from '../src/index.ts'
import { openClient } from './support/client.ts'
import { StandIn } from './support/hub.ts'
import { startServer } from './support/server.ts'

const invalidUtf8 = Buffer.from([0xff, 0xfe])

test.each<[string, Buffer, number]>([
  ['a reserved bit', frame(1, 'x', { rsv: 4 }), 1002],
  ['other reserved bits', frame(1, 'x', { rsv: 3 }), 1002],
  ['a reserved opcode', frame(3, 'x'), 1002],
  ['a reserved control opcode', frame(11, 'x'), 1002],
  ['a frame without a mask', frame(1, 'x', { mask: false }), 1002],
  ['a continuation of nothing', frame(0, 'x'), 1002],
  ['a message inside a message', Buffer.concat([frame(1, 'x', { fin: false }), frame(1, 'x')]), 1002],
  ['a fragmented ping', frame(9, 'x', { fin: false }), 1002],
  ['a ping of 126 bytes', frame(9, 'x'.repeat(126)), 1002],
  ['invalid UTF-8', frame(1, invalidUtf8), 1007],
  ['a length of 2^63', frame(1, 'x', { length: 2n ** 63n }), 1009],
  ['a length of 2^64 − 1', frame(2, 'x', { length: 2n ** 64n - 1n }), 1009],
  ['a close with 1005', closeFrame(1005), 1002],
  ['a close with 1006', closeFrame(1006), 1002],
  ['a close with 999', closeFrame(999), 1002],
  ['a close with 5000', closeFrame(5000), 1002],
  ['a close of one byte', frame(8, 'x'), 1002],
  ['a close with a reason of 124 bytes', closeFrame(1000, 'x'.repeat(124)), 1002],
  ['a close with a reason that is no UTF-8', closeFrame(1000, invalidUtf8), 1007],
])('%s ends the connection, and only that one (SEC-09)', async (_, bytes, code) => {
  const { server, port, url } = await startServer()
  const hub = new StandIn()
  attach(hub, server, { path: '/chat' })
  const neighbour = await openClient(url('/chat'))
  const next = hub.next()
  const peer = await RawPeer.upgraded(port, '/chat')
  const accepted = await next

  peer.socket.write(bytes)

  expect((await peer.closeFrame()).code).toBe(code)
  await accepted.closed
  expect(accepted.ends).toBe(1)
  expect(accepted.received).toEqual([])
  hub.accepted[0]?.send('alive')
  expect(await neighbour.next()).toBe('alive')
})
