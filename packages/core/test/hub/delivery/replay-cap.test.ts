import { describe, expect, test } from 'vitest'
import { paths, position, stage, wirePosition } from '../../support/stage.ts'

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1)

describe.each(paths)('the cap on replays, with a backplane that is %s', (path) => {
  test('P-ST-5: as many messages as the cap are replayed', async () => {
    const s = stage({ path, limits: { replay: 300 } })
    const sent = await s.publish('#a', ...numbers(301))
    const alice = await s.client('alice')
    expect(alice.welcome.limits['replay']).toBe(300)
    const joined = await alice.request('join', '#a', { since: position(sent[0] ?? {}) })
    expect(joined).toMatchObject({ result: { mode: 'replay', at: 1, top: 301 } })
    expect(alice.messages('#a').map(([at]) => at)).toEqual(numbers(301).slice(1))
  })

  test('P-ST-5: one message more is a gap for the reason limit, and none of them is sent', async () => {
    const s = stage({ path, limits: { replay: 300 } })
    const sent = await s.publish('#a', ...numbers(302))
    const alice = await s.client('alice')
    const joined = await alice.request('join', '#a', { since: position(sent[0] ?? {}) })
    expect(joined).toMatchObject({
      result: { ...wirePosition(sent[301]), top: 302, mode: 'gap', reason: 'limit' },
    })
    expect(alice.messages('#a')).toEqual([])
  })

  test('P-ST-5: a hello is capped like a join', async () => {
    const s = stage({ path, limits: { replay: 5 } })
    const sent = await s.publish('#a', ...numbers(10))
    const alice = await s.client('alice', { streams: { '#a': position(sent[0] ?? {}) } })
    expect(alice.welcome.streams['#a']).toMatchObject({ mode: 'gap', reason: 'limit', at: 10 })
  })

  test('P-ST-5: recent messages count like all other messages', async () => {
    const s = stage({ path, limits: { replay: 5 } })
    await s.client('keeper', { streams: { '#a': null } })
    const sent = await s.publish('#a', ...numbers(10))
    const alice = await s.client('alice')
    const ask = (n: number): Promise<unknown> =>
      alice.request('join', '#a', { since: position(sent[n] ?? {}) })
    expect(await ask(3)).toMatchObject({ result: { mode: 'gap', reason: 'limit' } })
    expect(await ask(4)).toMatchObject({ result: { mode: 'replay', at: 5, top: 10 } })
  })

  test('P-ST-5: more than 16 MiB in one log is a gap for the reason limit', async () => {
    const s = stage({ path, log: { retention: { bytes: 64 * 1024 * 1024 } } })
    const sent = await s.publish('#a', ...numbers(60).map((i) => `${i}${'x'.repeat(290_000)}`))
    const alice = await s.client('alice')
    const joined = await alice.request('join', '#a', { since: position(sent[0] ?? {}) })
    expect(joined).toMatchObject({ result: { mode: 'gap', reason: 'limit' } })
  })

  test('P-ST-5: a long replay is sent page by page and is complete', async () => {
    const s = stage({ path })
    const sent = await s.publish('#a', ...numbers(2_000))
    const alice = await s.client('alice', { streams: { '#a': position(sent[9] ?? {}) } })
    expect(alice.messages('#a').map(([at]) => at)).toEqual(numbers(2_000).slice(10))
  })
})
