import type { User } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { hello, type RawClient } from '../../support/raw-client.ts'
import { outcome, paths, type Stage, stage } from '../../support/stage.ts'

const limits = { rate: 1, burst: 3 }

/** Writes a number of operations, and returns the outcome of each. */
async function operations(client: RawClient, count: number): Promise<string[]> {
  const outcomes = []
  for (let i = 0; i < count; i++) outcomes.push(outcome(await client.request('read', '#a')))
  return outcomes
}

const guest = ({ token }: { token: string | null }): User => ({
  id: token ?? 'guest',
  anonymous: token === null,
})

async function visitor(s: Stage, remoteAddress: string): Promise<RawClient> {
  const client = await s.open({ remoteAddress })
  await client.hello(null)
  return client
}

describe.each(paths)('the rate of operations, with a backplane that is %s', (path) => {
  test('P-LV-6: the default allows a hundred operations at once', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    alice.write(...Array.from({ length: 101 }, (_, i) => ['cast', '#a', 'typing', i]))
    await s.settle()
    expect(s.hub.counters.droppedCasts).toBe(1)
  })

  test('P-LV-6: over the rate an operation is rate_limited, with the time to wait', async () => {
    const s = stage({ path, limits })
    const alice = await s.client('alice')
    expect(await operations(alice, 3)).toEqual(['ok', 'ok', 'ok'])
    const answer = await alice.request('read', '#a')
    const { retryAfter = 0 } = answer as { retryAfter?: number }
    expect(answer).toMatchObject({ code: 'rate_limited' })
    expect(retryAfter).toBeGreaterThan(0)
    expect(retryAfter).toBeLessThanOrEqual(1_000)
    await s.advance(retryAfter)
    expect(await operations(alice, 1)).toEqual(['ok'])
  })

  test('P-PB-11: a session that was refused stays refused until `retryAfter` is over, at least a second', async () => {
    const s = stage({ path, limits: { rate: 3, burst: 3 } })
    const alice = await s.client('alice')
    expect(await operations(alice, 3)).toEqual(['ok', 'ok', 'ok'])
    const first = await alice.request('read', '#a')
    expect(first).toMatchObject({ code: 'rate_limited', retryAfter: 1_000, detail: { limit: 'rate' } })
    await s.advance(900)
    expect(await operations(alice, 1)).toEqual(['rate_limited'])
    await s.advance(100)
    expect(await operations(alice, 3)).toEqual(['ok', 'ok', 'ok'])
  })

  test('P-LV-6: the rate counts per user, over all sessions', async () => {
    const s = stage({ path, limits })
    const [laptop, phone, bob] = [await s.client('alice'), await s.client('alice'), await s.client('bob')]
    expect(await operations(laptop, 2)).toEqual(['ok', 'ok'])
    expect(await operations(phone, 2)).toEqual(['ok', 'rate_limited'])
    expect(await operations(bob, 3)).toEqual(['ok', 'ok', 'ok'])
  })

  test('P-LV-6: after a pause, too, the rate counts per user', async () => {
    const s = stage({ path, limits })
    const [laptop, phone] = [await s.client('alice'), await s.client('alice')]
    expect(await operations(laptop, 1)).toEqual(['ok'])
    await s.advance(10_000)
    expect(await operations(laptop, 2)).toEqual(['ok', 'ok'])
    expect(await operations(phone, 2)).toEqual(['ok', 'rate_limited'])
  })

  test('P-LV-6: with new credentials, their payer pays', async () => {
    const authenticate = ({ token }: { token: string | null }): User => ({ id: 'alice', payer: token ?? '' })
    const s = stage({ path, limits, authenticate })
    const alice = await s.open()
    await alice.hello('shop')
    expect(await operations(alice, 2)).toEqual(['ok', 'ok'])
    expect(outcome(await alice.request('auth', 'home'))).toBe('ok')
    expect(await operations(alice, 3)).toEqual(['ok', 'ok', 'ok'])
  })

  test('P-LV-6: the rate of anonymous users counts per remote address', async () => {
    const s = stage({ path, limits, authenticate: guest })
    const [one, two, other] = [
      await visitor(s, '192.0.2.1'),
      await visitor(s, '192.0.2.1'),
      await visitor(s, '192.0.2.2'),
    ]
    expect(await operations(one, 2)).toEqual(['ok', 'ok'])
    expect(await operations(two, 2)).toEqual(['ok', 'rate_limited'])
    expect(await operations(other, 3)).toEqual(['ok', 'ok', 'ok'])
  })

  test.each([
    ['send', ['send', 9, '#a', 'say', 1]],
    ['call', ['call', 9, 'echo', 1]],
    ['read', ['read', 9, '#a']],
    ['join', ['join', 9, '#a']],
    ['state', ['state', 9, '#a', 1]],
    ['who', ['who', 9, '#a']],
    ['auth', ['auth', 9, 'alice']],
  ])('P-LV-6: a %s counts', async (_, frame) => {
    const s = stage({ path, limits: { rate: 0.01, burst: 1 } })
    s.hub.handle('echo', (input) => input)
    const alice = await s.client('alice')
    await operations(alice, 1)
    await alice.say(frame)
    expect(outcome(alice.answer(9))).toBe('rate_limited')
  })

  test('P-LV-6: a leave does not count', async () => {
    const s = stage({ path, limits: { rate: 0.01, burst: 1 } })
    const alice = await s.client('alice')
    await operations(alice, 1)
    for (let i = 0; i < 5; i++) await alice.say(['leave', 9, '#a'])
    expect(outcome(alice.answer(9))).toBe('ok')
  })

  test('P-LV-6: a cast over the rate is dropped and counted', async () => {
    const s = stage({ path, limits })
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    await bob.request('join', '#a')
    await alice.say(...[1, 2, 3, 4, 5].map((i) => ['cast', '#a', 'say', i]))
    expect(
      bob
        .frames('cast')
        .map((frame) => frame[3])
        .toSorted(),
    ).toEqual([1, 2, 3])
    expect(s.hub.counters.droppedCasts).toBe(2)
  })

  test('P-LV-6: after a resume, refs up to the greatest earlier ref do not count', async () => {
    const s = stage({ path, limits })
    const alice = await s.client('alice')
    for (let ref = 1; ref <= 3; ref++) await alice.call(['send', ref, '#a', 'say', ref])
    await s.drop(alice)
    const again = await s.resume(alice)
    for (let ref = 1; ref <= 3; ref++) {
      expect(outcome(await again.call(['read', ref, '#a']))).toBe('ok')
      expect(outcome(await again.call(['send', ref, '#a', 'say', ref]))).toBe('ok')
    }
    expect(outcome(await again.call(['read', 4, '#a']))).toBe('rate_limited')
  })

  test('P-LV-6: the same holds when the old connection still lived', async () => {
    const s = stage({ path, limits })
    const alice = await s.client('alice')
    for (let ref = 1; ref <= 3; ref++) await alice.call(['join', ref, `#${ref}`])
    const again = await s.resume(alice)
    expect(alice.code).toBe(4509)
    for (let ref = 1; ref <= 3; ref++) expect(outcome(await again.call(['join', ref, `#${ref}`]))).toBe('ok')
    expect(outcome(await again.call(['join', 4, '#4']))).toBe('rate_limited')
  })

  test('P-LV-6: the number of free repetitions is the number of operations that can have been unanswered', async () => {
    const s = stage({ path, limits: { rate: 0.001, burst: 1, inflight: 2 } })
    const alice = await s.client('alice')
    await alice.call(['read', 1_000, '#a'])
    const again = await s.resume(alice)
    const outcomes = []
    for (let ref = 1; ref <= 20; ref++) outcomes.push(outcome(await again.call(['who', ref, '#a'])))
    expect(outcomes).toEqual([...Array(18).fill('unsupported'), 'rate_limited', 'rate_limited'])
  })
})

describe.each(paths)('the rate of resumes, with a backplane that is %s', (path) => {
  test('P-LV-3: a session may be resumed ten times at once and then once a second; further attempts are closed with 4013', async () => {
    const s = stage({ path })
    let alice = await s.client('alice')
    const [tab] = [await s.client('alice')]
    for (let i = 0; i < 10; i++) alice = await s.resume(alice)
    const { session } = alice.welcome
    const eleventh = await s.open()
    await eleventh.say(hello('alice', { session: { ...session, n: 1 } }))
    expect([eleventh.code, alice.code]).toEqual([4013, null])
    expect((await s.resume(tab)).welcome.resumed).toBe(true)
    await s.advance(1_000)
    expect((await s.resume(alice, { n: 2 })).welcome.resumed).toBe(true)
  })

  test('P-LV-7: wrong secrets cost what fresh sessions cost, and the right secret nothing', async () => {
    const s = stage({ path, limits: { catchUpRate: 0.1, catchUpBurst: 4 } })
    const alice = await s.client('alice')
    const codes = []
    for (let i = 0; i < 5; i++) {
      const client = await s.open()
      await client.say(hello('alice', { session: { id: alice.id, secret: `guess ${i}`, n: 1 } }))
      codes.push(client.code)
    }
    expect(codes).toEqual([null, null, null, 4013, 4013])
    expect((await s.resume(alice)).welcome.resumed).toBe(true)
  })

  test('P-LV-3: wrong secrets do not use up the resumes of the session that they name', async () => {
    const s = stage({ path, limits: { resumeRate: 0.001, resumeBurst: 1 } })
    const alice = await s.client('alice')
    for (let i = 0; i < 5; i++)
      await s.client('mallory', { session: { id: alice.id, secret: 'guess', n: i + 1 } })
    expect((await s.resume(alice)).welcome.resumed).toBe(true)
  })
})
