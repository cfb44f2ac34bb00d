import fc from 'fast-check'
import { expect, test } from 'vitest'
import { frame, RawPeer } from '../../../test-support/raw-peer.ts'
import { testHub } from '../../../test-support/test-hub.ts'
import { attach } from '../src/index.ts'
import { openClient } from './support/client.ts'
import { startServer } from './support/server.ts'

/** Bytes of all kinds: noise, frames of any shape, and a hello among them. */
const bytes = fc.array(
  fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 64 }).map((noise) => Buffer.from(noise)),
    fc
      .record({
        opcode: fc.nat(15),
        payload: fc.oneof(
          fc.string({ maxLength: 300 }),
          fc.constant('["hello",{"v":[1,1],"token":"mallory"}]'),
        ),
        fin: fc.boolean(),
        mask: fc.boolean(),
        rsv: fc.constantFrom(0, 0, 0, 1, 4, 7),
      })
      .map(({ opcode, payload, ...options }) => frame(opcode, payload, options)),
  ),
  { minLength: 1, maxLength: 6 },
)

test('FZ-02: random bytes after an upgrade, cut anywhere, throw no error and affect no other peer', async () => {
  const { server, port, url } = await startServer()
  const hub = testHub()
  const errors: unknown[] = []
  hub.on('$error', ({ error, source }) => {
    if (source !== 'protocol') errors.push(error)
  })
  attach(hub, server, { path: '/chat' })
  const neighbour = await openClient(url('/chat'))
  neighbour.send('hello', { v: [1, 1], token: 'bob' })
  expect(await neighbour.next()).toMatch(/^\["welcome"/)

  await fc.assert(
    fc.asyncProperty(bytes, fc.array(fc.nat(400), { maxLength: 4 }), async (chunks, cuts) => {
      const peer = await RawPeer.upgraded(port, '/chat')
      const all = Buffer.concat(chunks)
      let from = 0
      for (const cut of [...cuts.toSorted((a, b) => a - b), all.length]) {
        const to = Math.min(cut, all.length)
        if (to > from) peer.socket.write(all.subarray(from, to))
        from = Math.max(from, to)
        await new Promise((resolve) => setImmediate(resolve))
      }
      peer.socket.end()
      await peer.closed()
    }),
    { numRuns: 200 },
  )

  neighbour.send('send', 1, '#lobby', 'say', 'alive')
  expect(await neighbour.next()).toMatch(/^\["ok",1,/)
  expect(errors).toEqual([])
  while (hub.sessions.length > 1) await new Promise((resolve) => setImmediate(resolve))
  expect(hub.sessions.map(({ user }) => user.id)).toEqual(['bob'])
})
