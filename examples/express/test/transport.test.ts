import { ProtocolClient } from '@chat/testing/conformance'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { frame, RawPeer, upgradeRequest } from '../../../test-support/raw-peer.ts'
import { hubOf, welcomed } from './clients.ts'
import { type Example, startExample } from './example.ts'

// HTTP and the bytes of WebSocket, below the transmissions that the protocol's conformance suite begins with.
vi.setConfig({ testTimeout: 40_000, hookTimeout: 60_000 })

let example: Example
beforeAll(async () => {
  example = await startExample()
})
afterAll(() => example.stop())

/** One name for each test. */
let user = ''
let users = 0
beforeEach(() => {
  user = `user-${++users}`
})

const hello = (): string => JSON.stringify(['hello', { v: [1, 1], token: user }])
const protocol = 'Sec-WebSocket-Protocol'

type Headers = Parameters<typeof upgradeRequest>[1]

/** Writes an upgrade request; the response is not awaited. */
async function request(headers: Headers = {}, path = '/chat'): Promise<RawPeer> {
  const peer = await RawPeer.connect(example.port)
  peer.socket.write(upgradeRequest(path, { Host: `127.0.0.1:${example.port}`, ...headers }))
  return peer
}

/** Returns a connection that is upgraded. */
async function upgraded(headers: Headers = {}): Promise<RawPeer> {
  const peer = await request(headers)
  expect((await peer.response()).status).toBe(101)
  return peer
}

/** Returns a connection that is upgraded, and welcomed. */
async function greeted(headers: Headers = {}): Promise<RawPeer> {
  const peer = await upgraded(headers)
  peer.socket.write(frame(1, hello()))
  expect(await nextText(peer)).toContain('["welcome"')
  return peer
}

async function nextText(peer: RawPeer): Promise<string> {
  for (;;) {
    const { opcode, payload } = await peer.frame()
    if (opcode === 1) return String(payload)
  }
}

async function expectAlive(): Promise<void> {
  const client = await welcomed(hubOf(example), { token: user })
  await client.roundTrip()
  await client.cut()
}

describe('subprotocols (P-FR-8)', () => {
  test.each([
    [null, undefined],
    ['chat.v1.json', 'chat.v1.json'],
    ['chat.v9.cbor', undefined],
    ['CHAT.V1.JSON', undefined],
    ['chat.v1.jso', undefined],
    ['graphql-ws, chat.v1.json', 'chat.v1.json'],
    ['chat.v1.json, graphql-ws', 'chat.v1.json'],
    ['a, b, c', undefined],
  ])('%s is answered with %s, and JSON is spoken', async (offered, chosen) => {
    const peer = await request({ [protocol]: offered })
    const { status, headers } = await peer.response()
    expect([status, headers[protocol.toLowerCase()]]).toEqual([101, chosen])
    peer.socket.write(frame(1, hello()))
    expect(await nextText(peer)).toContain('["welcome"')
  })

  test('a subprotocol that is offered but not spoken is never echoed', async () => {
    const peer = await request({ [protocol]: 'chat.v1.msgpack' })
    const { headers } = await peer.response()
    expect([undefined, 'chat.v1.msgpack']).toContain(headers[protocol.toLowerCase()])
  })
})

describe('the upgrade', () => {
  test.each(['/', '/chat/more', '/Chat', '/chatter', '//chat'])('to the path %s is 404', async (path) => {
    const peer = await request({}, path)
    expect((await peer.response()).status).toBe(404)
  })

  test.each([
    'http://example.com',
    'https://127.0.0.1.example.com',
    'http://127.0.0.1:1',
    'null',
    'file://',
    'not an origin',
  ])('from the foreign origin %s is 403 (P-HT-3)', async (Origin) => {
    const peer = await request({ Origin })
    expect((await peer.response()).status).toBe(403)
    await peer.closed()
  })

  test('from the own origin is taken', async () => {
    await greeted({ Origin: `http://127.0.0.1:${example.port}` })
  })

  test.each([
    { 'Sec-WebSocket-Key': '' },
    { 'Sec-WebSocket-Key': 'short' },
    { 'Sec-WebSocket-Version': '7' },
    { [protocol]: ',,' },
  ])('that is broken is refused, and the server lives: %j', async (headers) => {
    const peer = await request(headers)
    const { status } = await peer.response()
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
    await expectAlive()
  })

  test.each(['%', '?user=%', '?user=%ff', '?user=a&user=b', `?${'x'.repeat(10_000)}`, '?__proto__=1'])(
    'with the query %j does no harm',
    async (query) => {
      const peer = await request({}, `/chat${query}`)
      await peer.response().catch(() => {})
      peer.socket.destroy()
      await expectAlive()
    },
  )

  test('may be followed by the hello at once, or byte by byte (P-FR-1)', async () => {
    const eager = await request()
    eager.socket.write(frame(1, hello()))
    expect((await eager.response()).status).toBe(101)
    expect(await nextText(eager)).toContain('["welcome"')
    const slow = await upgraded()
    for (const byte of frame(1, hello())) {
      slow.socket.write(Buffer.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await nextText(slow)).toContain('["welcome"')
  })

  test('needs an upgrade: a plain GET of the path is refused', async () => {
    const { status } = await fetch(`${example.url}/chat`)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
  })
})

describe('bytes that break the rules of WebSocket', () => {
  const hostile: Record<string, () => Buffer | string> = {
    'a reserved bit': () => frame(1, '["ping"]', { rsv: 4 }),
    'the other reserved bits': () => frame(1, '["ping"]', { rsv: 3 }),
    'a frame without a mask': () => frame(1, '["ping"]', { mask: false }),
    'text that is not UTF-8': () => frame(1, Buffer.from([0x5b, 0x22, 0xff, 0xc0, 0x22, 0x5d])),
    'an overlong encoding': () => frame(1, Buffer.from([0x5b, 0x22, 0xc0, 0xaf, 0x22, 0x5d])),
    'an encoded surrogate': () => frame(1, Buffer.from([0x5b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x5d])),
    'a reserved opcode': () => frame(3, 'x'),
    'a reserved control opcode': () => frame(0xb, 'x'),
    'a continuation of nothing': () => frame(0, 'x'),
    'a ping in fragments': () => frame(9, 'x', { fin: false }),
    'a ping that is too long': () => frame(9, 'x'.repeat(126)),
    'a close of one byte': () => frame(8, Buffer.from([3])),
    'a close with a code that is none': () => frame(8, Buffer.from([3, 0xed])),
    'a close whose reason is not UTF-8': () => frame(8, Buffer.from([3, 0xe8, 0xff, 0xff])),
    'a frame that claims 2^62 bytes': () => frame(1, 'x', { length: 2n ** 62n }),
    'a frame that claims 2^63 bytes': () => frame(1, 'x', { length: 2n ** 63n }),
    'a frame that claims a gigabyte': () => frame(1, 'x', { length: 2n ** 30n }),
    'a second text within the first': () =>
      Buffer.concat([frame(1, '["pi', { fin: false }), frame(1, 'ng"]')]),
    'fragments without end': () => {
      const fragment = frame(0, 'x'.repeat(10_000), { fin: false })
      return Buffer.concat([frame(1, '["pong",1,"', { fin: false }), ...Array(40).fill(fragment)])
    },
    'HTTP once more': () => 'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    'zeros without a mask': () => Buffer.alloc(1_000),
    'all ones': () => Buffer.alloc(1_000, 0xff),
  }

  test.each(Object.entries(hostile))(
    '%s ends that connection, and the server lives (P-FR-5)',
    async (_, bytes) => {
      const neighbour = await welcomed(hubOf(example), { token: user })
      for (const open of [upgraded, greeted]) {
        const peer = await open()
        peer.socket.write(bytes())
        await ended(peer)
      }
      await neighbour.roundTrip()
      await neighbour.cut()
      await expectAlive()
    },
  )

  test('ends in the middle of everything do no harm', async () => {
    const neighbour = await welcomed(hubOf(example), { token: user, streams: { '#cut': null } })
    for (let n = 1; n <= 12; n++) {
      const peer = await (n % 2 === 0 ? greeted() : upgraded())
      peer.socket.write(frame(1, '["send",1,"#cut","cut","x"]', n % 3 === 0 ? {} : { length: 5_000n }))
      peer.socket.destroy()
    }
    await neighbour.roundTrip()
    await neighbour.succeed('send', '#cut', 'after', 1)
    await neighbour.heard('#cut', 'after')
    expect(neighbour.complaints).toEqual([])
    await neighbour.cut()
  })

  /** Waits for a close frame, or the end of the connection. */
  async function ended(peer: RawPeer): Promise<void> {
    for (;;) {
      const next = await peer.frame().catch(() => null)
      if (next === null || next.opcode === 8) return
    }
  }
})

describe('WebSocket', () => {
  test('a transport ping is answered by the transport', async () => {
    const peer = await greeted()
    peer.socket.write(frame(9, 'are you there'))
    let next = await peer.frame()
    while (next.opcode !== 10) next = await peer.frame()
    expect(String(next.payload)).toBe('are you there')
  })

  test('text in fragments is one transmission (P-FR-1)', async () => {
    const { socket, client } = await open()
    for (const piece of ['["pi', 'ng",', '']) socket.send(piece, { fin: false })
    socket.send('7]', { fin: true })
    expect(await client.next('pong')).toEqual(['pong', 7])
    await client.cut()
  })

  test('a transmission that is small on the wire and too large unpacked is closed (P-LV-3)', async () => {
    const { client } = await open()
    client.transmit(`["pong",1,"${'x'.repeat(20 * 1024 * 1024)}"]`)
    expect([4514, 1009]).toContain(await client.closeCode())
    await expectAlive()
  })

  /** Opens a connection that compresses everything, and waits for the `welcome`. */
  async function open(): Promise<{ socket: WebSocket; client: ProtocolClient }> {
    const socket = new WebSocket(hubOf(example), ['chat.v1.json'], { perMessageDeflate: { threshold: 0 } })
    const client = await new ProtocolClient(socket).opened()
    client.transmit(hello())
    await client.welcomed()
    return { socket, client }
  }
})

test('a connection without a whole hello is closed with 4408 after 5 s, whatever it writes (P-HS-2)', async () => {
  const silent: Record<string, () => Promise<number>> = {
    'a hello in its first fragment': async () => {
      const { socket, client } = await connectBare()
      socket.send('["hello",', { fin: false })
      return client.closeCode()
    },
    'pings of the transport': async () => {
      const { socket, client } = await connectBare()
      const timer = setInterval(() => socket.ping(), 500)
      return client.closeCode().finally(() => clearInterval(timer))
    },
    'a hello that trickles': async () => {
      const { socket, client } = await connectBare()
      const timer = setInterval(() => socket.send(' ', { fin: false }), 500)
      return client.closeCode().finally(() => clearInterval(timer))
    },
    'half a frame': async () => {
      const peer = await upgraded()
      peer.socket.write(frame(1, '["hello",{', { length: 500n }))
      return (await peer.closeFrame()).code
    },
  }
  const started = Date.now()
  const ends = Object.entries(silent).map(async ([what, code]) => {
    expect(await code(), what).toBe(4408)
    expect(Date.now() - started, what).toBeGreaterThan(4_500)
    expect(Date.now() - started, what).toBeLessThan(11_000)
  })
  await Promise.all(ends)
})

async function connectBare(): Promise<{ socket: WebSocket; client: ProtocolClient }> {
  const socket = new WebSocket(hubOf(example), ['chat.v1.json'])
  return { socket, client: await new ProtocolClient(socket).opened() }
}
