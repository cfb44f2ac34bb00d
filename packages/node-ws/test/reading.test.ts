import { once } from 'node:events'
import type { Socket } from 'node:net'
import { expect, test, vi } from 'vitest'
import { frame, RawPeer, upgradeRequest } from '../../../test-support/raw-peer.ts'
import { attach, type NodeWsExtra } from '../src/index.ts'
import { type Accepted, StandIn } from './support/hub.ts'
import { startServer } from './support/server.ts'

async function connected(): Promise<{ peer: RawPeer; accepted: Accepted }> {
  const { server, port } = await startServer()
  const hub = new StandIn()
  attach(hub, server, { path: '/chat', context: ({ socket }) => socket })
  const next = hub.next()
  const peer = await RawPeer.upgraded(port, '/chat')
  return { peer, accepted: await next }
}

test('text arrives as text and binary as bytes', async () => {
  const { peer, accepted } = await connected()

  peer.socket.write(Buffer.concat([frame(1, 'grüße'), frame(2, Buffer.from([1, 2]))]))

  expect(await accepted.next()).toBe('grüße')
  expect(Buffer.from((await accepted.next()) as Uint8Array)).toEqual(Buffer.from([1, 2]))
})

test('fragments and frames cut anywhere arrive as one transmission', async () => {
  const { peer, accepted } = await connected()
  const bytes = Buffer.concat([frame(1, 'one ', { fin: false }), frame(9, 'ping'), frame(0, 'whole')])

  for (const byte of bytes) {
    peer.socket.write(Buffer.from([byte]))
    await new Promise(setImmediate)
  }

  expect(await accepted.next()).toBe('one whole')
})

test('bytes in the same packet as the upgrade request are not lost', async () => {
  const { server, port } = await startServer()
  const hub = new StandIn()
  attach(hub, server, { path: '/chat', context: ({ socket }) => socket })
  const next = hub.next()
  const peer = await RawPeer.connect(port)

  peer.socket.write(Buffer.concat([Buffer.from(upgradeRequest('/chat')), frame(1, 'early')]))

  expect(await (await next).next()).toBe('early')
})

test('every byte counts as a sign of life, even of an unfinished message (P-LV-1)', async () => {
  const { peer, accepted } = await connected()
  const before = accepted.connection.received

  peer.socket.write(frame(1, 'a long message').subarray(0, 5))

  await vi.waitFor(() => expect(accepted.connection.received).toBe(before + 5))
})

test('a paused connection stops reading, and continues where it stopped', async () => {
  const { peer, accepted } = await connected()
  accepted.connection.pause()
  const piece = frame(1, 'x'.repeat(10_000))
  let written = 0
  while (peer.socket.write(piece)) written++
  const { context: socket } = accepted.connection.extra as NodeWsExtra<Socket>
  expect(socket.isPaused()).toBe(true)
  expect(accepted.received).toHaveLength(0)

  accepted.connection.resume()
  await once(peer.socket, 'drain')

  await vi.waitFor(() => expect(accepted.received).toHaveLength(written + 1))
})
