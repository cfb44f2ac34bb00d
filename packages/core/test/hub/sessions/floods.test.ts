import { describe, expect, test } from 'vitest'
import { nothingKept, outcome, paths, stage } from '../../support/stage.ts'

describe.each(paths)('floods, with a backplane that is %s', (path) => {
  test('SEC-13: a flood of messages is held to the rate, and affects no other client', async () => {
    const s = stage({ path })
    const [mallory, bob] = [await s.client('mallory'), await s.client('bob')]
    await bob.request('join', '#a')
    for (let i = 0; i < 20; i++)
      mallory.write(...Array.from({ length: 60 }, (_, j) => ['send', i * 60 + j + 1, '#a', 'say', 'x']))
    await s.settle()
    expect(bob.messages('#a').length).toBeLessThanOrEqual(101)
    expect(outcome(await bob.request('send', '#a', 'say', 'hi'))).toBe('ok')
    const refusals = new Set(mallory.frames('err').map((frame) => frame[2]))
    expect([...refusals].every((code) => code === 'rate_limited' || code === 'busy')).toBe(true)
  })

  test('SEC-13, SEC-14: a flood of joins and leaves leaves nothing behind', async () => {
    const s = stage({ path })
    const mallory = await s.client('mallory')
    for (let i = 0; i < 300; i++) mallory.write(['join', 2 * i + 1, `#${i}`], ['leave', 2 * i + 2, `#${i}`])
    await s.settle()
    expect(s.hub.rooms.size).toBe(0)
    await s.drop(mallory)
    expect(s.store.usage.tails).toBe(0)
  })

  test('SEC-13: a flood of unknown frames costs one answer each', async () => {
    const s = stage({ path })
    const mallory = await s.client('mallory')
    for (let i = 0; i < 100; i++)
      mallory.write(...Array.from({ length: 20 }, (_, j) => ['x', i * 20 + j + 1]))
    await s.settle()
    expect(mallory.frames('err')).toHaveLength(2_000)
    expect(outcome(await mallory.call(['join', 5_000, '#a']))).toBe('ok')
  })

  test('SEC-02: connections without a hello are closed after five seconds', async () => {
    const s = stage({ path })
    const clients = []
    for (let i = 0; i < 100; i++) clients.push(await s.open())
    await s.advance(5_100)
    expect(clients.every(({ code }) => code === 4408)).toBe(true)
    await s.advance(10_000)
    // The renewal of the node's lease.
    expect(s.time.pending).toBe(1)
  })

  test('SEC-18: an abandoned session costs a record, and nothing in the hub', async () => {
    const s = stage({ path })
    for (let i = 0; i < 100; i++) await s.drop(await s.client(`user ${i % 5}`, { streams: { '#a': null } }))
    expect([s.hub.sessions, s.hub.rooms.size]).toEqual([[], 0])
    expect(s.store.usage).toMatchObject({ tails: 0, presence: 2, channels: 2, sessions: 100 })
    await s.advance(200_000)
    expect(s.store.usage).toEqual(nothingKept)
  })
})
