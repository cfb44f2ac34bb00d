import type { User } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { hello } from '../../support/raw-client.ts'
import { deferred, paths, type Stage, stage } from '../../support/stage.ts'

/** A hub whose `authenticate` answers when the test says so. */
function slow(path?: (typeof paths)[number]): { s: Stage; let_in: (user: User | null) => void } {
  const { promise, resolve } = deferred<User | null>()
  return { s: stage({ ...(path ? { path } : {}), authenticate: () => promise }), let_in: resolve }
}

const padded = (bytes: number): string => {
  const frame = JSON.stringify(hello('alice', { client: '' }))
  return frame.replace('"client":""', `"client":"${'x'.repeat(bytes - frame.length)}"`)
}

describe.each(paths)('before the welcome, with a backplane that is %s', (path) => {
  test('P-HS-2: a transmission of 16 KiB is taken, one more byte is closed with 4514', async () => {
    const s = stage({ path })
    const [alice, bob] = [await s.open(), await s.open()]
    await alice.say(padded(16 * 1024))
    expect(alice.frames()[0]?.[0]).toBe('welcome')
    await bob.say(padded(16 * 1024 + 1))
    expect([bob.code, bob.frames()]).toEqual([4514, []])
  })

  test('P-HS-2: the 16 KiB are bytes, not characters', async () => {
    const s = stage({ path })
    const alice = await s.open()
    await alice.say(hello('alice', { client: '€'.repeat(6 * 1024) }))
    expect(alice.code).toBe(4514)
  })

  test('P-HS-2: frames behind hello in its transmission run after the welcome', async () => {
    const { s, let_in } = slow(path)
    const alice = await s.open()
    await alice.say(hello('t'), ['join', 1, '#a'], ['send', 2, '#a', 'say', 'hi'])
    expect(alice.frames()).toEqual([])
    let_in({ id: 'alice' })
    await s.settle()
    expect(alice.frames()[0]?.[0]).toBe('welcome')
    expect(alice.answered()).toEqual([1, 2])
  })

  test('P-HS-2: one transmission may wait for the welcome, and runs after it', async () => {
    const { s, let_in } = slow(path)
    const alice = await s.open()
    await alice.say(hello('t'))
    await alice.say(['join', 1, '#a'])
    expect(alice.code).toBeNull()
    let_in({ id: 'alice' })
    await s.settle()
    expect(alice.answered()).toEqual([1])
  })

  test('P-HS-2, SEC-03: a second waiting transmission closes the connection with 4502, and neither runs', async () => {
    const { s, let_in } = slow(path)
    const alice = await s.open()
    await alice.say(hello('t'), ['join', 1, '#a'])
    await alice.say(['join', 2, '#b'])
    await alice.say(['join', 3, '#c'])
    expect(alice.code).toBe(4502)
    let_in({ id: 'alice' })
    await s.settle()
    expect([alice.frames(), s.hub.sessions, s.hub.rooms.size]).toEqual([[], [], 0])
  })

  test('P-HS-2: a transmission that waits may not exceed 16 KiB either', async () => {
    const { s } = slow(path)
    const alice = await s.open()
    await alice.say(hello('t'))
    await alice.say(['cast', '#a', 'say', 'x'.repeat(16 * 1024)])
    expect(alice.code).toBe(4514)
  })

  test('P-HS-2: after the welcome a transmission may have its full size', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.say(
      ['send', 1, '#a', 'say', 'x'.repeat(60_000)],
      ['send', 2, '#a', 'say', 'x'.repeat(60_000)],
    )
    expect(alice.answered()).toEqual([1, 2])
  })
})

describe('the time for hello', () => {
  test('P-HS-2: a connection without a hello is closed with 4408 after five seconds', async () => {
    const s = stage()
    const alice = await s.open()
    await s.advance(4_900)
    expect(alice.code).toBeNull()
    await s.advance(200)
    expect(alice.code).toBe(4408)
  })

  test('P-HS-2: the time can be set', async () => {
    const s = stage({ timeouts: { hello: 300 } })
    const alice = await s.open()
    await s.advance(400)
    expect(alice.code).toBe(4408)
  })

  test('P-HS-2: the time ends with the hello, also when authentication takes longer', async () => {
    const { s, let_in } = slow()
    const alice = await s.open()
    await s.advance(4_000)
    await alice.say(hello('t'))
    await s.advance(8_000)
    expect(alice.code).toBeNull()
    let_in({ id: 'alice' })
    await s.settle()
    expect(alice.frames()[0]?.[0]).toBe('welcome')
  })
})
