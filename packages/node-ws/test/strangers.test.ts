import type { Socket } from 'node:net'
import { expect, test, vi } from 'vitest'
import { closeFrame, frame, RawPeer, upgradeRequest } from '../../../test-support/raw-peer.ts'
import { testHub } from '../../../test-support/test-hub.ts'
import { attach } from '../src/index.ts'
import { startServer } from './support/server.ts'

async function served(): Promise<{ port: number; sockets: Socket[] }> {
  const { server, port } = await startServer()
  attach(testHub(), server, { path: '/chat' })
  const sockets: Socket[] = []
  server.on('connection', (socket) => sockets.push(socket))
  return { port, sockets }
}

/** A `hello` of a size, in bytes. */
function helloOf(size: number): string {
  const head = JSON.stringify(['hello', { v: [1, 1], token: 'alice', pad: '' }]).slice(0, -3)
  return `${head}${'x'.repeat(size - head.length - 3)}"}]`
}

const received = async (peer: RawPeer): Promise<string> => (await peer.frame()).payload.toString()

test('an unfinished message of more than 16 KiB before the `welcome` is closed with 4514, and read no further (SEC-04, P-HS-2)', async () => {
  const { port, sockets } = await served()
  const peer = await RawPeer.upgraded(port, '/chat')
  const before = sockets[0]?.bytesRead ?? 0

  peer.socket.write(frame(1, 'x'.repeat(20_000), { length: 200_000n }))
  expect((await peer.closeFrame()).code).toBe(4514)
  peer.socket.write(Buffer.alloc(180_000))

  await peer.closed()
  expect((sockets[0]?.bytesRead ?? 0) - before).toBeLessThan(100_000)
})

test('the fragments of a message count together', async () => {
  const { port, sockets } = await served()
  const peer = await RawPeer.upgraded(port, '/chat')
  const [socket] = sockets
  if (socket === undefined) throw new Error('the server has no socket')

  for (let i = 0; i < 3; i++) {
    const piece = frame(i === 0 ? 1 : 0, 'x'.repeat(8_000), { fin: false })
    const arrived = socket.bytesRead + piece.length
    peer.socket.write(piece)
    await vi.waitUntil(() => socket.bytesRead >= arrived, { interval: 1 })
  }

  expect((await peer.closeFrame()).code).toBe(4514)
})

test('what arrives together with the upgrade counts as well', async () => {
  const { port } = await served()
  const peer = await RawPeer.connect(port)

  const request = Buffer.from(upgradeRequest('/chat'))
  peer.socket.write(Buffer.concat([request, frame(1, 'x'.repeat(30_000), { length: 200_000n })]))

  expect((await peer.response()).status).toBe(101)
  expect((await peer.closeFrame()).code).toBe(4514)
})

test('a `hello` of 16 KiB is answered, and so is the transmission behind it, however they are cut', async () => {
  const { port } = await served()
  const peer = await RawPeer.upgraded(port, '/chat')
  const join = frame(1, `["join",1,"#a"]${' '.repeat(16_000)}`)
  const bytes = Buffer.concat([frame(1, helloOf(16_384)), join])

  for (let at = 0; at < bytes.length; at += 1_000) {
    peer.socket.write(bytes.subarray(at, at + 1_000))
    await new Promise(setImmediate)
  }

  expect(await received(peer)).toMatch(/^\["welcome"/)
  expect(await received(peer)).toMatch(/^\["ok",1/)
})

test('a `hello` in pieces of one byte is answered, and is read in few pieces', async () => {
  const { port, sockets } = await served()
  const peer = await RawPeer.upgraded(port, '/chat')
  peer.socket.setNoDelay(true)
  let reads = 0
  sockets[0]?.on('data', () => reads++)

  for (const byte of frame(1, helloOf(400))) {
    peer.socket.write(Buffer.from([byte]))
    await new Promise(setImmediate)
  }

  expect(await received(peer)).toMatch(/^\["welcome"/)
  expect(reads).toBeLessThan(100)
})

test('a message in small pieces that grows too large is closed with 4514 as well', async () => {
  const { port, sockets } = await served()
  const peer = await RawPeer.upgraded(port, '/chat')
  peer.socket.setNoDelay(true)
  const before = sockets[0]?.bytesRead ?? 0
  for (let i = 0; i < 60; i++) {
    peer.socket.write(i === 0 ? frame(1, 'x', { length: 250_000n }) : 'x')
    await new Promise(setImmediate)
  }

  peer.socket.write(Buffer.alloc(2_000_000))

  expect((await peer.closeFrame()).code).toBe(4514)
  await peer.closed()
  expect((sockets[0]?.bytesRead ?? 0) - before).toBeLessThan(300_000)
})

test('a client that closes before its `hello` gets its close frame back, and what it writes behind is ignored', async () => {
  const { port, sockets } = await served()
  const peer = await RawPeer.upgraded(port, '/chat')
  const errors: unknown[] = []
  sockets[0]?.on('error', (error) => errors.push(error))

  peer.socket.write(Buffer.concat([closeFrame(1000), frame(1, helloOf(400))]))
  expect((await peer.closeFrame()).code).toBe(1000)
  peer.socket.write(frame(1, helloOf(400)))

  await peer.closed()
  expect(errors.filter((error) => (error as { code?: string }).code !== 'ECONNRESET')).toEqual([])
})

test('after the `welcome` a client may write its largest transmission, in one piece or in several', async () => {
  const { port } = await served()
  const peer = await RawPeer.upgraded(port, '/chat')
  peer.socket.write(frame(1, helloOf(100)))
  expect(await received(peer)).toMatch(/^\["welcome"/)
  const frames = Array.from({ length: 4 }, (_, i) => `["send",${i + 1},"#a","say","${'x'.repeat(60_000)}"]`)
  const bytes = frame(1, frames.join('\n'))

  peer.socket.write(bytes.subarray(0, 100_000))
  await new Promise(setImmediate)
  peer.socket.write(bytes.subarray(100_000))

  let answers = ''
  while (!answers.includes('["ok",4')) answers += await received(peer)
})

test('a stranger who sends a piece and waits is closed after the time for `hello` (SEC-02)', async () => {
  const { server, port } = await startServer()
  const { Hub } = await import('@chat/core')
  const hub = new Hub({ authenticate: () => ({ id: 'alice' }), timeouts: { hello: 100 } })
  attach(hub, server, { path: '/chat' })
  const peer = await RawPeer.upgraded(port, '/chat')
  for (let i = 0; i < 40; i++) {
    peer.socket.write(i === 0 ? frame(1, 'x', { length: 10_000n }) : 'x')
    await new Promise(setImmediate)
  }

  expect((await peer.closeFrame()).code).toBe(4408)
  await hub.close({ deadline: 0 })
})
