import type { User } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { deferred, outcome, paths, stage } from '../../support/stage.ts'

/** Tokens are `user/seconds`; a token without seconds never expires. */
const authenticate = ({ token }: { token: string | null }): User | null => {
  const [id = '', seconds] = (token ?? '').split('/')
  if (id === 'broken') throw new Error('no database')
  if (id === '') return null
  return seconds === undefined ? { id } : { id, expiresIn: Number(seconds) * 1_000 }
}

describe.each(paths)('new credentials on a connection, with a backplane that is %s', (path) => {
  test('P-HS-9: new credentials of the same user replace the old credentials', async () => {
    const s = stage({ path, authenticate })
    const alice = await s.client('alice/30')
    await s.advance(20_000)
    expect(await alice.request('auth', 'alice/60')).toMatchObject({ ok: true, result: { expires: 60_000 } })
    await s.advance(20_000)
    expect(alice.code).toBeNull()
    await alice.say(['pong'])
    await s.advance(41_000)
    expect(alice.code).toBe(4010)
  })

  test('P-HS-9: the answer for credentials without expiry names no expiry', async () => {
    const s = stage({ path, authenticate })
    const alice = await s.client('alice/30')
    expect(await alice.request('auth', 'alice')).toEqual({ ok: true, ref: 1, result: {} })
    await s.advance(31_000)
    expect(alice.code).toBeNull()
  })

  test.each([
    ['another user’s token', 'bob/900'],
    ['a refused token', ''],
    ['an expired token', 'alice/0'],
  ])('P-HS-9: %s is unauthorized, and the old credentials stand', async (_, token) => {
    const s = stage({ path, authenticate })
    const alice = await s.client('alice/30')
    await alice.request('join', '#a')
    expect(outcome(await alice.request('auth', token))).toBe('unauthorized')
    await s.publish('#a', 1)
    expect(alice.messages('#a')).toEqual([[1, 1]])
    expect(s.hub.sessions[0]?.user.id).toBe('alice')
    await s.advance(31_000)
    expect(alice.code).toBe(4010)
  })

  test('P-HS-9: an authenticate that fails is internal to the client, and the old credentials stand', async () => {
    const s = stage({ path, authenticate })
    const alice = await s.client('alice')
    expect(await alice.request('auth', 'broken')).toMatchObject({ code: 'internal' })
    expect(s.faults.join()).toContain('no database')
    expect(outcome(await alice.request('join', '#a'))).toBe('ok')
  })

  test('P-HS-9: new credentials ask again for every joined room, and the client is told of those refused', async () => {
    let role = 'admin'
    const s = stage({
      path,
      authenticate,
      authorize: ({ address }) => role === 'admin' || address !== '#staff',
    })
    const alice = await s.client('alice')
    await alice.request('join', '#staff')
    await alice.request('join', '#open')
    role = 'guest'
    alice.news()
    await alice.request('auth', 'alice/60')
    expect(alice.news()).toEqual([
      ['left', '#staff', 'forbidden', expect.any(String)],
      ['ok', 3, { expires: 60_000 }],
    ])
    await s.publish('#staff', 'secret')
    await s.publish('#open', 'hello')
    s.hub.to('#staff').cast('say', 'secret')
    await s.settle()
    expect(alice.news().map((frame) => frame[1])).toEqual(['#open'])
    expect([...s.hub.rooms.keys()]).toEqual(['#open'])
  })

  test('P-ST-10: an address that was left meanwhile is not left again', async () => {
    const answers = [true, true].map(() => deferred<boolean>())
    let asked = 0
    const s = stage({ path, authenticate, authorize: () => answers[asked++]?.promise ?? false })
    const alice = await s.client('alice')
    await alice.say(['join', 1, '#a'])
    answers[0]?.resolve(true)
    await s.settle()
    await alice.say(['read', 2, '#a'], ['leave', 3, '#a'], ['auth', 4, 'alice'])
    answers[1]?.resolve(true)
    await s.settle()
    expect(alice.answered()).toEqual([1, 2, 3, 4])
    expect(alice.frames('left')).toEqual([])
  })

  test('P-HS-9: a connection that ends during authenticate leaves no timer behind', async () => {
    const late = deferred<User>()
    let first = true
    const s = stage({
      path,
      authenticate: () => {
        if (!first) return late.promise
        first = false
        return { id: 'alice' }
      },
    })
    const alice = await s.client('t')
    await alice.say(['auth', 1, 'more'])
    await s.drop(alice)
    const before = s.time.pending
    late.resolve({ id: 'alice', expiresIn: 1_000_000 })
    await s.settle()
    expect(s.time.pending).toBeLessThanOrEqual(before)
  })
})
