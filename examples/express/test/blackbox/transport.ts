import { get } from 'node:http'
import { describe, expect, test } from 'vitest'
import { encoded, RawSocket } from '../support/raw-socket.ts'
import { stage } from '../support/shared.ts'
import { name, room } from '../support/stage.ts'

const hello = (): string => JSON.stringify(['hello', { v: [1, 1], token: name() }])
const protocol = 'Sec-WebSocket-Protocol'

/** A connection that is upgraded, and welcomed if it is to be. */
async function raw(headers: Record<string, string> = {}, welcomed = false): Promise<RawSocket> {
  const socket = new RawSocket(stage.example.port, headers)
  expect((await socket.head).status).toBe(101)
  if (!welcomed) return socket
  socket.frame(1, hello())
  await socket.texts(1)
  return socket
}

describe('subprotocols (P-FR-8)', () => {
  test.each([
    [undefined, undefined],
    ['chat.v1.json', 'chat.v1.json'],
    ['chat.v9.cbor', undefined],
    ['CHAT.V1.JSON', undefined],
    ['chat.v1.jso', undefined],
    ['graphql-ws, chat.v1.json', 'chat.v1.json'],
    ['chat.v1.json, graphql-ws', 'chat.v1.json'],
    ['a, b, c', undefined],
  ])('%s is answered with %s, and JSON is spoken', async (offered, chosen) => {
    const socket = await raw(offered === undefined ? {} : { [protocol]: offered })
    expect((await socket.head).headers[protocol.toLowerCase()]).toBe(chosen)
    socket.frame(1, hello())
    expect((await socket.texts(1))[0]).toContain('["welcome"')
    socket.destroy()
  })

  test('what is offered but not spoken is never echoed', async () => {
    const socket = await raw({ [protocol]: 'chat.v1.msgpack' })
    expect([undefined, 'chat.v1.msgpack']).toContain((await socket.head).headers[protocol.toLowerCase()])
    socket.destroy()
  })
})

describe('the upgrade', () => {
  test('to another path is 404', async () => {
    for (const path of ['/', '/chat/more', '/Chat', '/chatter', '//chat']) {
      const socket = new RawSocket(stage.example.port, {}, path)
      expect((await socket.head).status, path).toBe(404)
      socket.destroy()
    }
  })

  test.each([
    'http://example.com',
    'https://127.0.0.1.example.com',
    'http://127.0.0.1:1',
    'null',
    'file://',
    'not an origin',
  ])('from the foreign origin %s is 403 (P-HT-3)', async (Origin) => {
    const socket = new RawSocket(stage.example.port, { Origin })
    expect((await socket.head).status).toBe(403)
    await socket.ended
  })

  test('from the own origin is taken', async () => {
    const socket = await raw({ Origin: `http://127.0.0.1:${stage.example.port}` }, true)
    socket.destroy()
  })

  test.each([
    { 'Sec-WebSocket-Key': '' },
    { 'Sec-WebSocket-Key': 'short' },
    { 'Sec-WebSocket-Version': '7' },
    { [protocol]: ',,' },
  ])('that is broken is refused, and the server lives: %j', async (headers) => {
    const socket = new RawSocket(stage.example.port, headers)
    const { status } = await socket.head
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
    socket.destroy()
    await stage.expectAlive()
  })

  test.each(['%', '?user=%', '?user=%ff', '?user=a&user=b', `?${'x'.repeat(10_000)}`, '?__proto__=1'])(
    'with the query %j does no harm',
    async (query) => {
      const socket = new RawSocket(stage.example.port, {}, `/chat${query}`)
      await Promise.race([socket.head, socket.ended])
      socket.destroy()
      await stage.expectAlive()
    },
  )

  test('may be followed by the hello at once, or byte by byte (P-FR-1)', async () => {
    const eager = new RawSocket(stage.example.port)
    eager.frame(1, hello())
    expect((await eager.texts(1))[0]).toContain('["welcome"')
    const slow = await raw()
    for (const byte of encoded(1, hello())) {
      slow.write(Buffer.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect((await slow.texts(1))[0]).toContain('["welcome"')
    for (const socket of [eager, slow]) socket.destroy()
  })

  test('a plain GET of the path is no upgrade', async () => {
    const status = await new Promise<number>((resolve) =>
      get(`${stage.example.url}/chat`, (response) => resolve(response.resume().statusCode ?? 0)),
    )
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
  })
})

describe('bytes that nobody decent writes', () => {
  const hostile: Record<string, (socket: RawSocket) => void> = {
    'a reserved bit': (socket) => socket.frame(1, '["ping"]', { rsv: 4 }),
    'the other reserved bits': (socket) => socket.frame(1, '["ping"]', { rsv: 3 }),
    'a frame without a mask': (socket) => socket.frame(1, '["ping"]', { mask: false }),
    'text that is not UTF-8': (socket) => socket.frame(1, Buffer.from([0x5b, 0x22, 0xff, 0xc0, 0x22, 0x5d])),
    'an overlong encoding': (socket) => socket.frame(1, Buffer.from([0x5b, 0x22, 0xc0, 0xaf, 0x22, 0x5d])),
    'an encoded surrogate': (socket) =>
      socket.frame(1, Buffer.from([0x5b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x5d])),
    'a reserved opcode': (socket) => socket.frame(3, 'x'),
    'a reserved control opcode': (socket) => socket.frame(0xb, 'x'),
    'a continuation of nothing': (socket) => socket.frame(0, 'x'),
    'a ping in fragments': (socket) => socket.frame(9, 'x', { fin: false }),
    'a ping that is too long': (socket) => socket.frame(9, 'x'.repeat(126)),
    'a close of one byte': (socket) => socket.frame(8, Buffer.from([3])),
    'a close with a code that is none': (socket) => socket.frame(8, Buffer.from([3, 0xed])),
    'a close whose reason is not UTF-8': (socket) => socket.frame(8, Buffer.from([3, 0xe8, 0xff, 0xff])),
    'a frame that claims 2^62 bytes': (socket) => socket.frame(1, 'x', { length: 2n ** 62n }),
    'a frame that claims 2^63 bytes': (socket) => socket.frame(1, 'x', { length: 2n ** 63n }),
    'a frame that claims a gigabyte': (socket) => socket.frame(1, 'x', { length: 2n ** 30n }),
    'a second text within the first': (socket) => {
      socket.frame(1, '["pi', { fin: false })
      socket.frame(1, 'ng"]')
    },
    'fragments without end': (socket) => {
      socket.frame(1, '["pong",1,"', { fin: false })
      for (let n = 0; n < 40; n++) socket.frame(0, 'x'.repeat(10_000), { fin: false })
    },
    'HTTP once more': (socket) => socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
    'zeros without a mask': (socket) => socket.write(Buffer.alloc(1_000)),
    'all ones': (socket) => socket.write(Buffer.alloc(1_000, 0xff)),
  }

  test.each(Object.entries(hostile))(
    '%s ends that connection, and the server lives (P-FR-5)',
    async (_, write) => {
      const neighbour = await stage.welcomed()
      for (const welcomed of [false, true]) {
        const socket = await raw({}, welcomed)
        write(socket)
        const end = socket.until(() => socket.pieces.find(({ opcode }) => opcode === 8))
        await Promise.race([end, socket.ended])
        socket.destroy()
      }
      await neighbour.alive()
      await stage.expectAlive()
    },
  )

  test('ends in the middle of everything do no harm', async () => {
    const to = room()
    const neighbour = await stage.welcomed({ hello: { streams: { [to]: null } } })
    for (let n = 1; n <= 12; n++) {
      const socket = await raw({}, n % 2 === 0)
      socket.frame(1, `["send",1,"${to}","cut","x"]`, n % 3 === 0 ? {} : { length: 5_000n })
      socket.destroy()
    }
    await neighbour.alive()
    await neighbour.ok('send', to, 'after', 1)
    await neighbour.until('it', () => neighbour.events(to).includes('after') || undefined)
  })

  test('a transport ping is answered by the transport', async () => {
    const socket = await raw({}, true)
    socket.frame(9, 'are you there')
    const pong = await socket.until(() => socket.pieces.find(({ opcode }) => opcode === 10))
    expect(String(pong.payload)).toBe('are you there')
    socket.destroy()
  })
})
