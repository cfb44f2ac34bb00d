import { describe, expect, test } from 'vitest'
import type { Answer } from '../../support/raw-client.ts'
import { outcome, paths, stage } from '../../support/stage.ts'

/** Returns the time to wait that a refusal names, in milliseconds; 0 for an answer that is none. */
const retryAfter = (answer: Answer): number => (answer.ok ? 0 : (answer.retryAfter ?? 0))
const kib = (count: number): string => 'x'.repeat(count * 1024)

describe.each(paths)('the cost of an operation, with a backplane that is %s', (path) => {
  test('P-LV-6: a page of history costs a unit for each 16 KiB', async () => {
    const s = stage({ path, limits: { rate: 1, burst: 10 } })
    await s.publish('#a', ...Array.from({ length: 10 }, () => kib(10)))
    const alice = await s.client('alice')
    // About 100 KiB: 7 units.
    expect(outcome(await alice.request('read', '#a'))).toBe('ok')
    const rest = []
    for (let i = 0; i < 4; i++) rest.push(outcome(await alice.request('read', '#none')))
    expect(rest).toEqual(['ok', 'ok', 'ok', 'rate_limited'])
  })

  test('P-LV-6: a page larger than the units that are left is answered, and paid off before the next operation', async () => {
    const s = stage({ path, limits: { rate: 1, burst: 1 } })
    await s.publish('#a', ...Array.from({ length: 10 }, () => kib(10)))
    const alice = await s.client('alice')
    expect(outcome(await alice.request('read', '#a'))).toBe('ok')
    const refused = await alice.request('read', '#none')
    expect(outcome(refused)).toBe('rate_limited')
    expect(retryAfter(refused)).toBeGreaterThan(6_000)
    await s.advance(retryAfter(refused))
    expect(outcome(await alice.request('read', '#none'))).toBe('ok')
  })

  test('P-LV-6: a page of members costs a unit for each 16 KiB, also in the answer to a join', async () => {
    const limits = { rate: 1, burst: 10 }
    const s = stage({ path, presence: {}, limits })
    for (let i = 0; i < 5; i++)
      await (await s.client(`member ${i}`)).request('join', '#a', { state: kib(15) })
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    await alice.request('who', '#a')
    await bob.request('join', '#a')
    for (const client of [alice, bob]) {
      const rest = []
      for (let i = 0; i < 6; i++) rest.push(outcome(await client.request('read', '#none')))
      expect(rest).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'rate_limited'])
    }
  })

  test('P-LV-7: new credentials cost a unit for each joined room', async () => {
    let asked = 0
    const s = stage({
      path,
      limits: { catchUpRate: 1, catchUpBurst: 4 },
      authorize: () => {
        asked++
        return true
      },
    })
    const alice = await s.client('alice', { streams: { '#a': null, '#b': null } })
    asked = 0
    expect(outcome(await alice.request('auth', 'alice'))).toBe('ok')
    const refused = await alice.request('auth', 'alice')
    expect([outcome(refused), asked]).toEqual(['rate_limited', 2])
    await s.advance(retryAfter(refused))
    expect([outcome(await alice.request('auth', 'alice')), asked]).toEqual(['ok', 4])
  })

  test('P-LV-7: new credentials in a loop ask the policy no more often than the user has units', async () => {
    let asked = 0
    const s = stage({
      path,
      authorize: () => {
        asked++
        return true
      },
    })
    const streams = Object.fromEntries(Array.from({ length: 128 }, (_, i) => [`#${i}`, null]))
    const alice = await s.client('alice', { streams })
    const before = asked
    for (let second = 0; second < 30; second++) {
      await alice.say(...Array.from({ length: 400 }, () => ['auth', alice.next(), 'alice']))
      await s.advance(1_000)
    }
    expect(asked - before).toBeLessThan(5_000 + 31 * 500 + 128)
  })
})

describe.each(paths)('pages of history, with a backplane that is %s', (path) => {
  test('a page is read once for all sessions that ask in the same turn', async () => {
    let reads = 0
    const s = stage({
      path,
      wrap: (backplane) =>
        new Proxy(backplane, {
          get(target, name: keyof typeof backplane) {
            if (name === 'read') reads++
            const own = target[name]
            return typeof own === 'function' ? own.bind(target) : own
          },
        }),
    })
    await s.publish('#a', 1, 2, 3)
    const clients = await Promise.all(['alice', 'bob', 'carol'].map((name) => s.client(name)))
    reads = 0
    for (const client of clients) client.write(['read', 1, '#a'], ['read', 2, '#a', { limit: 2 }])
    await s.settle()
    const pages = clients.map((client) => [client.answer(1), client.answer(2)])
    expect(pages.map((both) => both.map(outcome))).toEqual(Array(3).fill(['ok', 'ok']))
    expect(reads).toBeLessThanOrEqual(4)
  })

  test('P-PB-9: a page has the message that the same transmission has sent before it', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.say(['send', 1, '#a', 'say', 'first'], ['read', 2, '#a'], ['send', 3, '#a', 'say', 'second'])
    const answer = alice.answer(2)
    const messages = answer?.ok === true ? (answer.result['messages'] as unknown[][]) : []
    expect(messages.map((message) => message[4])).toEqual(['first'])
  })
})
