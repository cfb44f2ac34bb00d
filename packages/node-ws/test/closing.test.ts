import { expect, test, vi } from 'vitest'
import { closeFrame, frame, RawPeer } from '../../../test-support/raw-peer.ts'
import { attach, type NodeWsExtra } from '../src/index.ts'
import { type Accepted, batchOf, StandIn } from './support/hub.ts'
import { startServer } from './support/server.ts'

async function connected(): Promise<{ peer: RawPeer; accepted: Accepted }> {
  const { server, port } = await startServer()
  const hub = new StandIn()
  attach(hub, server, { path: '/chat' })
  const next = hub.next()
  const peer = await RawPeer.upgraded(port, '/chat')
  return { peer, accepted: await next }
}

test('a close comes after all sent messages, with its code, and its reason cut to 123 bytes', async () => {
  const { peer, accepted } = await connected()
  peer.socket.pause()
  for (let i = 0; i < 200; i++) accepted.send('x'.repeat(100_000))

  accepted.connection.close(4001, 'ä'.repeat(100))
  accepted.send('too late')
  peer.socket.resume()

  let size = 0
  for (;;) {
    const { opcode, payload } = await peer.frame()
    if (opcode === 8) {
      expect(payload.readUInt16BE()).toBe(4001)
      expect(payload.subarray(2).toString()).toBe('ä'.repeat(61))
      break
    }
    size += payload.length
  }
  expect(size).toBe(200 * 100_000)
  peer.socket.write(closeFrame(4001))
  expect(await accepted.closed).toEqual({ code: 4001, reason: '' })
  expect(accepted.ends).toBe(1)
})

test('a peer’s close is answered and reported with its code and reason', async () => {
  const { peer, accepted } = await connected()

  peer.socket.write(closeFrame(4999, 'bye'))

  expect(await peer.closeFrame()).toEqual({ code: 4999, reason: 'bye' })
  await peer.closed()
  expect(await accepted.closed).toEqual({ code: 4999, reason: 'bye' })
  accepted.connection.close(1000, '')
  accepted.connection.abort(new Error('late'))
  expect(accepted.ends).toBe(1)
})

test('a peer that never answers a close is dropped after five seconds', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const { peer, accepted } = await connected()
    accepted.connection.close(4001, 'going')
    expect(await peer.closeFrame()).toEqual({ code: 4001, reason: 'going' })

    vi.advanceTimersByTime(4_999)
    expect(accepted.ends).toBe(0)
    vi.advanceTimersByTime(1)

    expect((await accepted.closed).code).toBe(1006)
    await peer.closed()
  } finally {
    vi.useRealTimers()
  }
})

test('a paused connection still notices the answer to its close', async () => {
  const { peer, accepted } = await connected()
  accepted.connection.pause()

  accepted.connection.close(4001, '')
  await peer.closeFrame()
  peer.socket.write(closeFrame(4001))

  expect((await accepted.closed).code).toBe(4001)
})

test('an abort ends the connection at once, and once', async () => {
  const { peer, accepted } = await connected()
  peer.socket.pause()
  for (let i = 0; i < 100; i++) accepted.send('x'.repeat(100_000))

  accepted.connection.abort(new Error('enough'))

  expect(accepted.ends).toBe(1)
  expect(accepted.connection.bufferedAmount).toBe(0)
  peer.socket.resume()
  expect(await accepted.closed).toEqual({ code: 1006, reason: '' })
  await peer.closed()
  accepted.connection.close(1000, '')
  accepted.connection.pause()
  accepted.connection.resume()
  expect(accepted.connection.send(batchOf('nobody'))).toBe(true)
  expect(accepted.ends).toBe(1)
})

test.each([0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1.5, Number.NaN])(
  'a code that no frame may carry closes without a code and does not throw: %d',
  async (code) => {
    const { peer, accepted } = await connected()

    accepted.connection.close(code, 'x')

    expect((await peer.closeFrame()).code).toBe(1005)
  },
)

test('a peer that vanishes is reported as 1006', async () => {
  const { peer, accepted } = await connected()

  peer.socket.resetAndDestroy()

  expect((await accepted.closed).code).toBe(1006)
  expect(accepted.ends).toBe(1)
})

test('after a close frame no further frame is written', async () => {
  const { peer, accepted } = await connected()
  const { socket } = accepted.connection.extra as NodeWsExtra
  const failed = new Promise((resolve) => socket.on('error', resolve))
  peer.socket.write(frame(1, 'unmasked', { mask: false }))
  await failed

  expect(accepted.send('after its close frame')).toBe(true)

  expect((await peer.closeFrame()).code).toBe(1002)
  expect((await peer.closed()).length).toBe(0)
})
