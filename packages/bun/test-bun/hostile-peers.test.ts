import { connect as dial, type Socket } from 'node:net'
import { deflateRawSync } from 'node:zlib'
import { type BunHandlerOptions, bunHandler } from '@chat/bun'
import { Hub } from '@chat/core'
import { afterEach, expect, test } from 'vitest'
import { serve } from './support/bun.ts'

/*
 * Peers that break the protocol, byte by byte, against Bun's own sockets. `npm run test:runtimes` runs these
 * tests in bun:test.
 */

const open: { close(): unknown }[] = []

afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

interface Ended {
  readonly code: number
  readonly reason: string
}

/**
 * Starts a hub on Bun. Returns it with the ends of its sessions, and with the server, which counts its
 * sockets.
 */
function start(options: BunHandlerOptions = {}) {
  const hub = new Hub({ authenticate: ({ token }) => (token === null ? null : { id: token }) })
  const ends: Ended[] = []
  hub.on('$disconnect', ({ code, reason }) => ends.push({ code, reason }))
  const { fetch, websocket } = bunHandler(hub, { path: '/chat', ...options })
  const server = serve({ port: 0, hostname: '127.0.0.1', fetch, websocket })
  open.push({ close: () => hub.close({ deadline: 0 }) }, { close: () => server.stop(true) })
  return { hub, ends, server }
}

/** A peer that writes and reads plain bytes. */
class Peer {
  readonly socket: Socket
  received = ''

  constructor(port: number, { method = 'GET', allowHalfOpen = false, headers = [] as string[] } = {}) {
    this.socket = dial({ port, host: '127.0.0.1', allowHalfOpen })
    this.socket.on('error', () => {})
    this.socket.on('data', (bytes) => {
      this.received += bytes.toString('latin1')
    })
    open.unshift({ close: () => this.socket.destroy() })
    const head = [
      `${method} /chat HTTP/1.1`,
      'Host: x',
      'Connection: Upgrade',
      'Upgrade: websocket',
      ...headers,
    ]
    const key = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']
    this.socket.write(`${[...head, ...key].join('\r\n')}\r\n\r\n`)
  }

  /** Waits until the received bytes contain a text. */
  async sees(text: string): Promise<void> {
    await until(() => this.received.includes(text))
  }

  /** Sends `hello` and waits for `welcome`. */
  async enter(): Promise<void> {
    await this.sees('\r\n\r\n')
    this.frame(0x81, Buffer.from('["hello",{"v":[1,1],"token":"alice"}]'))
    await this.sees('["welcome"')
  }

  /** Writes a masked frame; the mask is zero. */
  frame(first: number, bytes: Uint8Array): void {
    const { length } = bytes
    const size =
      length < 126
        ? [0x80 | length]
        : length < 65_536
          ? [0xfe, length >> 8, length & 255]
          : [0xff, 0, 0, 0, 0, 0, (length >> 16) & 255, (length >> 8) & 255, length & 255]
    this.socket.write(Buffer.concat([Buffer.from([first, ...size, 0, 0, 0, 0]), bytes]))
  }
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('the condition did not hold within 5 s')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const wrong: Record<string, [number, Uint8Array]> = {
  'text that is no UTF-8': [0x81, Buffer.from([0xff, 0xfe])],
  'an opcode that means nothing': [0x83, Buffer.from('x')],
  'a close frame of one byte': [0x88, Buffer.from([3])],
  'a close frame with a code that must not be sent': [0x88, Buffer.from([3, 0xed])],
  'more bytes than a transmission may have': [0x81, Buffer.alloc(300_000, 'x')],
}
for (const [what, [first, bytes]] of Object.entries(wrong))
  test(`${what}: only that peer’s connection ends`, async () => {
    const { hub, ends, server } = start()
    const [good, bad] = [new Peer(server.port), new Peer(server.port)]
    await good.enter()
    await bad.enter()
    bad.frame(first, bytes)
    await until(() => ends.length === 1)
    expect(ends[0]?.code).toBe(1006)
    expect([hub.sessions.length, server.pendingWebSockets]).toEqual([1, 1])
    await hub.to('@alice').send('say', 'still here')
    await good.sees('still here')
  })

test('a binary message is closed with 4502 and a reason', async () => {
  const { ends, server } = start()
  const peer = new Peer(server.port)
  await peer.enter()
  peer.frame(0x82, Buffer.from('["ping"]'))
  await peer.sees('a binary message on a JSON connection')
  await until(() => ends.length === 1)
  expect(ends[0]?.code).toBe(4502)
})

test('only GET is upgraded; other methods are answered with 400 and reported', async () => {
  const told: number[] = []
  const { server } = start({ onRefused: ({ status }) => told.push(status) })
  const peer = new Peer(server.port, { method: 'POST', headers: ['Content-Length: 0'] })
  await peer.sees('\r\n\r\n')
  expect(peer.received).toMatch(/^HTTP\/1\.1 400 /)
  expect([told, server.pendingWebSockets]).toEqual([[400], 0])
})

test('a peer that never ends its side is dropped, after a close and when the hub closes', async () => {
  const { hub, ends, server } = start()
  const peers = [1, 2].map(() => new Peer(server.port, { allowHalfOpen: true }))
  for (const peer of peers) await peer.enter()
  hub.sessions[0]?.close(4001)
  await until(() => ends.length === 1)
  expect(server.pendingWebSockets).toBe(1)
  await hub.close({ deadline: 0 })
  await until(() => server.pendingWebSockets === 0)
  expect(hub.sessions).toEqual([])
})

test('settings of the application apply to the hub’s sockets: compressed messages are read', async () => {
  const { hub, server } = start({ websocket: { perMessageDeflate: true, idleTimeout: 30 } })
  const peer = new Peer(server.port, { headers: ['Sec-WebSocket-Extensions: permessage-deflate'] })
  await peer.sees('\r\n\r\n')
  expect(peer.received).toContain('permessage-deflate')
  // The four bytes that end a block are omitted (RFC 7692 §7.2.1).
  const hello = deflateRawSync('["hello",{"v":[1,1],"token":"alice"}]', { finishFlush: 2 }).subarray(0, -4)
  peer.frame(0xc1, hello)
  await peer.sees('["welcome"')
  expect(hub.sessions.length).toBe(1)
})

test('a message that is small until it is inflated has the same limit as every message', async () => {
  const { hub, ends, server } = start({ websocket: { perMessageDeflate: true, maxPayloadLength: 300_000 } })
  const peer = new Peer(server.port, { headers: ['Sec-WebSocket-Extensions: permessage-deflate'] })
  await peer.enter()
  const bomb = deflateRawSync(Buffer.alloc(50_000_000, 'x'), { finishFlush: 2 }).subarray(0, -4)
  peer.frame(0xc1, bomb)
  await until(() => ends.length === 1)
  expect(ends[0]?.code).toBe(1006)
  expect(hub.sessions).toEqual([])
})
