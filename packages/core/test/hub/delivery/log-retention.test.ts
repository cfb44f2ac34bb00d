import { describe, expect, test } from 'vitest'
import { nothingKept, paths, type Stage, stage } from '../../support/stage.ts'

const kept = async (s: Stage, address: string): Promise<{ base: number; data: unknown[] }> => {
  const reader = await s.client('reader')
  const answer = await reader.request('read', address, { after: 0, limit: 1_000 })
  const { base, messages } = (answer.ok ? answer.result : {}) as { base: number; messages: unknown[][] }
  await s.drop(reader)
  return { base, data: messages.map((frame) => frame[4]) }
}

describe.each(paths)('the retention of a log, with a backplane that is %s', (path) => {
  test('P-ST-11: the number of messages is limited', async () => {
    const s = stage({ path, log: { retention: { count: 3 } } })
    await s.publish('#a', 1, 2, 3, 4, 5)
    expect(await kept(s, '#a')).toEqual({ base: 2, data: [3, 4, 5] })
  })

  test('P-ST-11: the bytes are limited', async () => {
    const s = stage({ path, log: { retention: { bytes: 3_000 } } })
    await s.publish('#a', ...['a', 'b', 'c', 'd'].map((letter) => letter.repeat(1_000)))
    expect((await kept(s, '#a')).data).toEqual(['c'.repeat(1_000), 'd'.repeat(1_000)])
  })

  test('P-ST-11: the age is limited', async () => {
    const s = stage({ path, log: { retention: { age: 60_000 } } })
    await s.publish('#a', 1)
    await s.advance(50_000)
    await s.publish('#a', 2)
    await s.advance(20_000)
    expect((await kept(s, '#a')).data).toEqual([2])
  })

  test('P-ST-11: the retention can depend on the address', async () => {
    const s = stage({ path, log: { retention: (stream) => ({ count: stream === '#short' ? 1 : 10 }) } })
    await s.publish('#short', 1, 2, 3)
    await s.publish('#long', 1, 2, 3)
    expect((await kept(s, '#short')).data).toEqual([3])
    expect((await kept(s, '#long')).data).toEqual([1, 2, 3])
  })

  test('P-ST-11: above the total bytes the logs written longest ago are forgotten as a whole', async () => {
    const s = stage({ path, log: { bytes: 12_000 } })
    await s.publish('#old', 'a'.repeat(4_000), 'b')
    await s.advance(10)
    await s.publish('#new', 'c'.repeat(4_000))
    await s.advance(10)
    await s.publish('#newest', 'd'.repeat(4_000))
    expect((await kept(s, '#old')).data).toEqual([])
    expect((await kept(s, '#newest')).data).toHaveLength(1)
    expect(s.store.usage.bytes).toBeLessThanOrEqual(12_000)
  })

  test('P-ST-11: a reader whose log is forgotten gets a gap, and goes on', async () => {
    const s = stage({ path, log: { bytes: 10_000 } })
    const alice = await s.client('alice')
    await alice.request('join', '#a')
    await s.publish('#a', 1)
    await s.advance(10)
    await s.publish('#b', 'x'.repeat(4_500), 'y'.repeat(4_500))
    await s.publish('#a', 2)
    await s.publish('#a', 3)
    expect(alice.frames('gap').map((frame) => frame.slice(1, 3))).toEqual([['#a', 'epoch']])
    expect(alice.messages('#a').at(-1)?.[1]).toBe(3)
  })

  test('P-ST-11: an address without receivers and messages costs nothing', async () => {
    const s = stage({ path, log: { retention: { age: 1_000 } } })
    for (let i = 0; i < 50; i++) {
      const client = await s.client(`user ${i}`)
      await client.request('join', `#room ${i}`)
      await client.request('send', `#room ${i}`, 'say', i)
      await s.drop(client)
    }
    expect(s.hub.rooms.size).toBe(0)
    await s.advance(400_000)
    expect(s.store.usage).toEqual(nothingKept)
  })

  test('P-ST-11: joining and leaving in turn leaves nothing behind', async () => {
    const s = stage({ path, limits: { burst: 10_000 } })
    const alice = await s.client('alice')
    const before = s.store.usage
    for (let i = 0; i < 200; i++) {
      await alice.request('join', `#room ${i}`)
      await alice.request('leave', `#room ${i}`)
    }
    await s.advance(40_000)
    expect({ ...s.store.usage, sessions: 0 }).toEqual({ ...before, sessions: 0 })
  })
})

test('P-ST-11: the default keeps ten thousand messages of a log', async () => {
  const s = stage()
  await s.publish('#a', ...Array.from({ length: 10_001 }, (_, i) => i))
  const reader = await s.client('reader')
  expect(await reader.request('read', '#a')).toMatchObject({ result: { base: 1, top: 10_001 } })
})
