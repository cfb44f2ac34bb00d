import { describe, expect, test } from 'vitest'
import { outcome, paths, position, stage } from '../../support/stage.ts'

const kib = (count: number): string => 'x'.repeat(count * 1024)

/** A log of 64 messages of 16 KiB, so each costs a little over a unit. */
async function filled(path: (typeof paths)[number], limits: Readonly<Record<string, number>>) {
  const s = stage({ path, limits })
  const sent = await s.publish('#a', ...Array.from({ length: 65 }, () => kib(16)))
  return { s, since: position(sent[0] ?? {}) }
}

describe.each(paths)('the pace of a replay, with a backplane that is %s', (path) => {
  test('P-LV-7: a replay that costs more units than there are goes on as they come, and is complete', async () => {
    const { s, since } = await filled(path, { catchUpRate: 10, catchUpBurst: 20 })
    const alice = await s.client('alice', { streams: { '#a': since } })
    const first = alice.messages('#a').length
    expect(first).toBeLessThan(40)
    await s.advance(1_000)
    expect(alice.messages('#a').length).toBeLessThan(64)
    await s.advance(10_000)
    expect(alice.messages('#a').map(([at]) => at)).toEqual(Array.from({ length: 64 }, (_, i) => i + 2))
    await s.publish('#a', 'live')
    expect(alice.messages('#a').at(-1)).toEqual([66, 'live'])
  })

  test('P-LV-7: joins with the same position in a loop get no more than there are units for', async () => {
    const { s, since } = await filled(path, { catchUpRate: 10, catchUpBurst: 20, rate: 1_000, burst: 1_000 })
    const alice = await s.client('alice')
    for (let i = 0; i < 100; i++) {
      expect(outcome(await alice.request('join', '#a', { since }))).toBe('ok')
      await s.advance(100)
    }
    // 20 units at once, 10 a second for ten seconds, and the page that is larger than what was left.
    expect(alice.messages('#a').length).toBeLessThan(20 + 100 + 20)
  })

  test('P-LV-7: a client that leaves a room while its replay waits gets nothing of it', async () => {
    const { s, since } = await filled(path, { catchUpRate: 10, catchUpBurst: 20 })
    const alice = await s.client('alice', { streams: { '#a': since } })
    const before = alice.messages('#a').length
    await alice.request('leave', '#a')
    await s.advance(20_000)
    expect(alice.messages('#a')).toHaveLength(before)
  })

  test('P-LV-7: a client that goes while its replay waits leaves no timer behind', async () => {
    const { s, since } = await filled(path, { catchUpRate: 0.001, catchUpBurst: 20 })
    const alice = await s.client('alice', { streams: { '#a': since } })
    const { pending } = s.time
    await s.drop(alice)
    expect(s.time.pending).toBeLessThan(pending)
    expect(s.faults).toEqual([])
  })

  test('P-LV-7: the replays of a user wait, and messages that are new come to other users', async () => {
    const { s, since } = await filled(path, { catchUpRate: 10, catchUpBurst: 20 })
    const [, bob] = [await s.client('alice', { streams: { '#a': since } }), await s.client('bob')]
    await bob.request('join', '#a')
    await s.publish('#a', 'now')
    expect(bob.messages('#a')).toEqual([[66, 'now']])
  })
})
