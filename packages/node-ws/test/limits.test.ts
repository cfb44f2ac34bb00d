import { expect, test, vi } from 'vitest'
import { frame, RawPeer } from '../../../test-support/raw-peer.ts'
import { testHub } from '../../../test-support/test-hub.ts'
import { attach } from '../src/index.ts'
import { type Accepted, StandIn } from './support/hub.ts'
import { startServer } from './support/server.ts'

async function connected(): Promise<{ peer: RawPeer; accepted: Accepted }> {
  const { server, port } = await startServer()
  const hub = new StandIn({ transmission: 256 * 1024 })
  attach(hub, server, { path: '/chat' })
  const next = hub.next()
  const peer = await RawPeer.upgraded(port, '/chat')
  return { peer, accepted: await next }
}

test('a transmission of the largest size is accepted, and one byte more closes with 1009 (SEC-04)', async () => {
  const { peer, accepted } = await connected()

  peer.socket.write(frame(1, 'x'.repeat(256 * 1024)))
  expect(String(await accepted.next())).toHaveLength(256 * 1024)
  peer.socket.write(frame(1, 'x'.repeat(256 * 1024 + 1)))

  expect((await peer.closeFrame()).code).toBe(1009)
  expect(await accepted.closed).toEqual({ code: 1006, reason: 'Max payload size exceeded' })
})

test('a large message is refused by its declared size, before its body arrives (SEC-04)', async () => {
  const { peer, accepted } = await connected()

  peer.socket.write(frame(1, 'the body never comes', { length: 100n * 1024n * 1024n }))

  expect((await peer.closeFrame()).code).toBe(1009)
  expect(accepted.received).toEqual([])
})

test('fragments count together (SEC-04)', async () => {
  const { peer } = await connected()
  const half = 'x'.repeat(200 * 1024)

  peer.socket.write(Buffer.concat([frame(1, half, { fin: false }), frame(0, half)]))

  expect((await peer.closeFrame()).code).toBe(1009)
})

test('a frame over the hub’s own limit is refused by the hub: 4514 (SEC-04)', async () => {
  const { server, port } = await startServer()
  attach(testHub(), server, { path: '/chat' })
  const peer = await RawPeer.upgraded(port, '/chat')
  peer.socket.write(frame(1, '["hello",{"v":[1,1],"token":"alice"}]'))
  await peer.frame()

  peer.socket.write(frame(1, `["call",1,"x","${'x'.repeat(64 * 1024)}"]`))

  expect((await peer.closeFrame()).code).toBe(4514)
})

test.each([
  ['of one byte', 'x'],
  ['that are empty', ''],
])(
  'the 65th fragment %s ends the connection, whether the message ends or not (SEC-05)',
  async (_, payload) => {
    const { peer, accepted } = await connected()
    const rest = Array.from({ length: 16_000 }, () => frame(0, payload, { fin: false }))

    peer.socket.write(Buffer.concat([frame(1, payload, { fin: false }), ...rest]))

    expect((await peer.closeFrame()).code).toBe(1008)
    expect(accepted.received).toEqual([])
  },
)

test('messages of 64 fragments are accepted, each time (SEC-05)', async () => {
  const { peer, accepted } = await connected()
  const middle = Array.from({ length: 62 }, () => frame(0, 'x', { fin: false }))
  const message = Buffer.concat([frame(1, 'x', { fin: false }), ...middle, frame(0, 'x')])

  for (let i = 0; i < 300; i++) peer.socket.write(message)

  for (let i = 0; i < 300; i++) expect(await accepted.next()).toBe('x'.repeat(64))
})

test('a peer that pings and never reads is dropped, and costs little (SEC-06)', async () => {
  const { peer, accepted } = await connected()
  peer.socket.pause()
  const pings = Buffer.concat(Array.from({ length: 2_000 }, () => frame(9, 'x'.repeat(125))))
  let most = 0
  const closed = vi.waitFor(() => expect(accepted.ends).toBe(1), { timeout: 4_000 })

  for (let i = 0; i < 100 && accepted.ends === 0; i++) {
    peer.socket.write(pings)
    await new Promise(setImmediate)
    most = Math.max(most, accepted.connection.bufferedAmount)
  }

  await closed
  expect(most).toBeLessThan(1024 * 1024)
})
