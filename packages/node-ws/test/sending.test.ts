import type { Socket } from 'node:net'
import { Batch, Frame } from '@chat/core/transport'
import { expect, test, vi } from 'vitest'
import { frame, RawPeer } from '../../../test-support/raw-peer.ts'
import { fragmentsOf, payloadOf } from '../src/fragments.ts'
import { attach, type NodeWsExtra } from '../src/index.ts'
import { openClient, type TestClient } from './support/client.ts'
import { batchOf, StandIn } from './support/hub.ts'
import { startServer } from './support/server.ts'

async function connected() {
  const { server, url, port } = await startServer()
  const hub = new StandIn()
  attach(hub, server, { path: '/chat', context: ({ socket }) => socket })
  const accept = async (open: () => Promise<unknown>) => {
    const next = hub.next()
    const [accepted] = await Promise.all([next, open()])
    return accepted
  }
  return { hub, url, port, accept }
}

test('a batch is encoded once for all connections that send it', async () => {
  const { url, accept } = await connected()
  const clients: TestClient[] = []
  const batch = batchOf('to everyone')
  const prepared = vi.spyOn(Batch.prototype, 'text', 'get')
  for (let i = 0; i < 5; i++) {
    const accepted = await accept(async () => clients.push(await openClient(url('/chat'))))
    expect(accepted.connection.send(batch)).toBe(true)
  }

  expect(await Promise.all(clients.map((client) => client.next()))).toEqual(Array(5).fill('to everyone'))
  expect(prepared).toHaveBeenCalledTimes(1)
  prepared.mockRestore()
  expect(batch.prepared('node-ws', fragmentsOf).map((fragment) => String(payloadOf(fragment)))).toEqual([
    'to everyone',
  ])
})

test('messages of every length arrive whole and in order', async () => {
  const { url, accept } = await connected()
  const sizes = [1, 125, 126, 65_531, 65_532, 65_533, 320 * 1024, 3]
  let client: Awaited<ReturnType<typeof openClient>> | undefined
  const accepted = await accept(async () => {
    client = await openClient(url('/chat'))
  })

  for (const size of sizes) accepted.send('ä'.repeat(size))

  for (const size of sizes) expect(await client?.next()).toBe('ä'.repeat(size))
  await vi.waitFor(() => expect(accepted.connection.bufferedAmount).toBe(0))
})

test('above the mark `send` returns false, waiting bytes are counted, and a drain follows', async () => {
  const { port, accept } = await connected()
  let peer: RawPeer | undefined
  const accepted = await accept(async () => {
    peer = await RawPeer.upgraded(port, '/chat')
    peer.socket.pause()
  })
  expect(accepted.send('small')).toBe(true)
  expect(accepted.drains).toBe(0)

  for (let i = 0; i < 16; i++) accepted.send('x'.repeat(1024 * 1024))

  expect(accepted.connection.bufferedAmount).toBeGreaterThan(4 * 1024 * 1024)
  expect(accepted.send('one more')).toBe(false)
  peer?.socket.resume()
  await vi.waitFor(() => expect(accepted.drains).toBeGreaterThan(0), { timeout: 4_000 })
  expect(accepted.connection.bufferedAmount).toBeLessThan(64 * 1024)
  expect(accepted.drains).toBe(1)
  expect(accepted.send('small again')).toBe(true)
})

test('a long transmission is written behind a short one that the system does not take, and a drain follows', async () => {
  const { port, accept } = await connected()
  let peer: RawPeer | undefined
  const accepted = await accept(async () => {
    peer = await RawPeer.upgraded(port, '/chat')
    peer.socket.pause()
  })
  while (accepted.connection.bufferedAmount === 0) accepted.send('x'.repeat(4_000))

  expect(accepted.send('y'.repeat(65_000))).toBe(false)
  peer?.socket.resume()

  await vi.waitFor(() => expect(accepted.drains).toBe(1), { timeout: 4_000 })
  expect(accepted.connection.bufferedAmount).toBe(0)
})

test('a slow reader’s progress is visible: waiting bytes shrink in steps of at most 64 KiB (P-LV-4)', async () => {
  const { port, accept } = await connected()
  let peer: RawPeer | undefined
  const accepted = await accept(async () => {
    peer = await RawPeer.upgraded(port, '/chat')
    peer.socket.pause()
  })
  for (let i = 0; i < 512; i++) accepted.send('x'.repeat(32 * 1024))
  const { context: socket } = accepted.connection.extra as NodeWsExtra<Socket>
  const steps: number[] = []
  let before = accepted.connection.bufferedAmount
  const observe = (): void => {
    const now = accepted.connection.bufferedAmount
    if (now !== before) steps.push(before - now)
    before = now
  }
  // The stream tells of nothing but the end of its writes, so each of them is watched.
  const write = socket.write.bind(socket)
  socket.write = ((data: Uint8Array, done: () => void) =>
    write(data, () => {
      observe()
      done()
      observe()
    })) as typeof socket.write

  peer?.socket.resume()
  await vi.waitFor(() => expect(accepted.connection.bufferedAmount).toBe(0), { timeout: 4_000 })

  expect(steps.length).toBeGreaterThan(100)
  expect(Math.max(...steps)).toBeLessThanOrEqual(64 * 1024 + 8)
})

test('a pong stands between the fragments of a large message, never inside one', async () => {
  const { port, accept } = await connected()
  let peer: RawPeer | undefined
  const accepted = await accept(async () => {
    peer = await RawPeer.upgraded(port, '/chat')
    peer.socket.pause()
  })
  const message = 'y'.repeat(16 * 1024 * 1024)
  accepted.send(message)
  const seen = new Promise((resolve) => (accepted.connection.extra as NodeWsExtra).socket.on('ping', resolve))
  peer?.socket.write(frame(9, 'are you there'))
  await seen
  peer?.socket.resume()

  const opcodes: number[] = []
  let size = 0
  for (let fin = false; !fin; ) {
    const next = await peer?.frame()
    if (next === undefined) break
    opcodes.push(next.opcode)
    if (next.opcode === 10) expect(next.payload.toString()).toBe('are you there')
    else size += next.payload.length
    fin = next.fin && next.opcode !== 10
  }
  expect(size).toBe(message.length)
  const pong = opcodes.indexOf(10)
  expect(pong).toBeGreaterThan(0)
  expect(pong).toBeLessThan(opcodes.length - 1)
})

test('frames appended in one turn go out as one message', async () => {
  const { url, accept } = await connected()
  let client: Awaited<ReturnType<typeof openClient>> | undefined
  const accepted = await accept(async () => {
    client = await openClient(url('/chat'))
  })

  accepted.connection.send(Batch.root().append(new Frame('["a"]')).append(new Frame('["b"]')))

  expect(await client?.next()).toBe('["a"]\n["b"]')
})
