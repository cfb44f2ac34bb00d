import { describe, expect, test } from 'vitest'
import { startExample } from '../example.ts'
import { Peer } from '../support/peer.ts'
import { RawSocket } from '../support/raw-socket.ts'
import { name, Stage } from '../support/stage.ts'

// What takes its time, all at once, on a server of its own and on some that end.
const stage = Stage.use({ together: true })
const hello = (): string => JSON.stringify(['hello', { v: [1, 1], token: name() }])

describe('without a hello (P-HS-2)', () => {
  const silent: Record<string, () => Promise<number>> = {
    nothing: async () => (await stage.connect()).code(),
    'a hello in its first fragment': async () => {
      const peer = await stage.connect()
      peer.socket.send('["hello",', { fin: false })
      return peer.code()
    },
    'pings of the transport': async () => {
      const peer = await stage.connect()
      const timer = setInterval(() => peer.socket.ping(), 500)
      return peer.code().finally(() => clearInterval(timer))
    },
    'a hello that trickles': async () => {
      const peer = await stage.connect()
      const timer = setInterval(() => peer.socket.send(' ', { fin: false }), 500)
      return peer.code().finally(() => clearInterval(timer))
    },
    'half a frame': async () => {
      const socket = new RawSocket(stage.example.port)
      await socket.head
      socket.frame(1, '["hello",{', { length: 500n })
      return socket.closeCode()
    },
  }

  test.concurrent.each(Object.entries(silent))(
    'a connection with %s is closed with 4408 after 5 s',
    async (_, code) => {
      const started = Date.now()
      expect(await code()).toBe(4408)
      expect(Date.now() - started).toBeGreaterThan(4_500)
      expect(Date.now() - started).toBeLessThan(11_000)
    },
  )
})

describe('the end of the server (P-LV-5)', () => {
  test.concurrent('a client that comes then is not welcomed', async () => {
    const example = await startExample()
    const hub = `ws://127.0.0.1:${example.port}/chat`
    const stubborn = new RawSocket(example.port)
    await stubborn.head
    stubborn.frame(1, hello())
    await stubborn.texts(1)
    const ended = example.stop()
    expect(await stubborn.closeCode()).toBe(4001)
    const late = new Peer(hub)
    const opened = late.open().then(() => {
      late.text(hello())
      return late.welcomed().then(() => 'welcomed')
    })
    expect(await late.orCode(opened)).not.toBe('welcomed')
    expect(await ended).toBe(0)
    stubborn.destroy()
  })

  test.concurrent.each(['SIGTERM', 'SIGINT'] as const)(
    'on %s everybody gets bye, then 4001',
    async (signal) => {
      const example = await startExample()
      const hub = `ws://127.0.0.1:${example.port}/chat`
      const peers = await Promise.all(
        [1, 2, 3, 4].map(async () => {
          const peer = await new Peer(hub).open()
          peer.text(hello())
          await peer.welcomed()
          return peer
        }),
      )
      const ended = example.stop(signal)
      for (const peer of peers) {
        const [, code, text, extra] = await peer.next('bye')
        expect(code).toBe(4001)
        expect(text).toEqual(expect.any(String))
        expect((extra as { retryAfter?: number }).retryAfter).toBeGreaterThanOrEqual(0)
        const { code: closed, reason } = await peer.closed
        expect(closed).toBe(4001)
        expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123)
        expect(peer.frames.at(-1)?.[0]).toBe('bye')
        expect(peer.complaints).toEqual([])
      }
      expect(await ended).toBe(0)
    },
  )
})
