import { MemoryBackplane } from '@chat/core/memory'
import { describe, expect, test } from 'vitest'
import type { Answer } from '../../support/raw-client.ts'
import { altered, outcome, paths, position, stage, wirePosition } from '../../support/stage.ts'

const logStart = (answer: Answer) => (answer.ok ? answer.result : {})

describe.each(paths)('attaching to a log, with a backplane that is %s', (path) => {
  test('P-ST-3: without a position a reader is live from the top', async () => {
    const s = stage({ path })
    const sent = await s.publish('#a', 1, 2)
    const alice = await s.client('alice')
    const joined = await alice.request('join', '#a')
    expect(logStart(joined)).toEqual({ ...wirePosition(sent[1]), top: 2, mode: 'live' })
    expect(alice.messages('#a')).toEqual([])
  })

  test('P-ST-3: the answer names the position before the first message that follows, also when messages are published meanwhile', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    for (let round = 0; round < 20; round++) {
      alice.write(['join', round * 2 + 1, '#a'])
      const publishing = [1, 2, 3].map((i) => s.hub.to('#a').send('say', `${round}.${i}`))
      await s.settle()
      await Promise.all(publishing)
      const { at } = logStart(alice.answer(round * 2 + 1) as Answer) as { at: number }
      const after = alice.frames().findLastIndex(([type, ref]) => type === 'ok' && ref === round * 2 + 1)
      const next = alice
        .frames()
        .slice(after)
        .filter(([type]) => type === 'msg')
      expect(next.map((frame) => frame[2])).toEqual(Array.from(next, (_, i) => at + 1 + i))
      expect(at + next.length).toBe((round + 1) * 3)
      await alice.call(['leave', round * 2 + 2, '#a'])
    }
  })

  test('P-ST-4: nothing falls between replay and live, and nothing comes twice', async () => {
    const s = stage({ path })
    const sent = await s.publish('#a', 1, 2, 3)
    const alice = await s.client('alice')
    alice.write(['join', 1, '#a', { since: position(sent[0] ?? {}) }])
    const publishing = Array.from({ length: 20 }, (_, i) => s.hub.to('#a').send('say', i + 4))
    await s.settle()
    await Promise.all(publishing)
    expect(alice.messages('#a').map(([at]) => at)).toEqual(Array.from({ length: 22 }, (_, i) => i + 2))
  })

  test('P-ST-4: a second join changes nothing, and names the present position', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.request('join', '#a')
    const sent = await s.publish('#a', 1, 2)
    const again = await alice.request('join', '#a')
    expect(logStart(again)).toEqual({ ...wirePosition(sent[1]), top: 2, mode: 'live' })
    await s.publish('#a', 3)
    expect(alice.messages('#a').map(([at]) => at)).toEqual([1, 2, 3])
    expect(s.hub.rooms.get('#a')).toBe(1)
  })

  test('P-ST-4: a second join with a position detaches and attaches there', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.request('join', '#a')
    const sent = await s.publish('#a', 1, 2, 3)
    const again = await alice.request('join', '#a', { since: position(sent[0] ?? {}) })
    expect(logStart(again)).toEqual({ ...wirePosition(sent[0]), top: 3, mode: 'replay' })
    await s.publish('#a', 4)
    expect(alice.messages('#a').map(([at]) => at)).toEqual([1, 2, 3, 2, 3, 4])
    expect(s.hub.rooms.get('#a')).toBe(1)
  })

  test('P-ST-4: a second join emits no second $join', async () => {
    const s = stage({ path })
    const told: string[] = []
    s.hub.on('$join', ({ address }) => told.push(`join ${address}`))
    s.hub.on('$leave', ({ address }) => told.push(`leave ${address}`))
    const alice = await s.client('alice')
    await alice.request('join', '#a')
    const [sent] = await s.publish('#a', 1)
    await alice.request('join', '#a')
    await alice.request('join', '#a', { since: position(sent ?? {}) })
    await alice.request('leave', '#a')
    await alice.request('leave', '#a')
    expect(told).toEqual(['join #a', 'leave #a'])
  })

  test('P-ST-4: leaving an address that is not joined is ok', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    expect(outcome(await alice.request('leave', '#never'))).toBe('ok')
    expect(outcome(await alice.request('leave', '@bob'))).toBe('ok')
  })

  test.each(['*', '@alice'])('P-ST-4: leaving %s is unsupported', async (address) => {
    const s = stage({ path })
    const alice = await s.client('alice')
    expect(outcome(await alice.request('leave', address))).toBe('unsupported')
    await s.publish(address, 1)
    expect(alice.messages(address)).toEqual([[1, 1]])
  })

  test('P-ST-4: joining everyone or the own inbox names the present position', async () => {
    const s = stage({ path, authorize: () => false })
    const alice = await s.client('alice')
    await s.publish('*', 1)
    expect(logStart(await alice.request('join', '*'))).toMatchObject({ at: 1, mode: 'live' })
    expect(logStart(await alice.request('join', '@alice'))).toMatchObject({ at: 0, id: null, mode: 'live' })
  })

  test('P-ST-4: the node reads up to a position that is ahead of its own', async () => {
    const s = stage({ path })
    const late = s.time.runtime('late')
    const backplane = altered(new MemoryBackplane(s.store), {
      tail: (stream, listener) => s.store.tail(stream, (hint) => late.timer(5_000, () => listener(hint))),
    })
    s.another({ backplane })
    const keeper = await s.client('keeper', {}, 2)
    await keeper.request('join', '#a')
    const sent = await s.publish('#a', 1, 2, 3)
    const alice = await s.client('alice', { streams: { '#a': position(sent[1] ?? {}) } }, 2)
    const bob = await s.client('bob', { streams: { '#a': position(sent[2] ?? {}) } }, 2)
    expect(alice.welcome.streams['#a']).toEqual({ ...wirePosition(sent[1]), top: 3, mode: 'replay' })
    expect(bob.welcome.streams['#a']).toEqual({ ...wirePosition(sent[2]), top: 3, mode: 'live' })
    await s.advance(10_000)
    await s.publish('#a', 4)
    await s.advance(10_000)
    expect(alice.messages('#a').map(([at]) => at)).toEqual([3, 4])
    expect(bob.messages('#a').map(([at]) => at)).toEqual([4])
    expect([...alice.frames('gap'), ...bob.frames('gap')]).toEqual([])
  })

  test('P-ST-2: a position ahead of the node’s own is a gap for the reason absent while the log is out of reach', async () => {
    const s = stage({ path })
    const backplane = altered(new MemoryBackplane(s.store), {
      tail: () => () => {},
      read: async (stream, range) => {
        // The position itself is found, but not the page that leads to it.
        if (stream === '#a' && 'after' in range && range.after === 0) throw new Error('lost')
        return s.store.read(stream, range)
      },
    })
    s.another({ backplane })
    const keeper = await s.client('keeper', {}, 2)
    await keeper.request('join', '#a')
    const sent = await s.publish('#a', 1, 2, 3)
    const alice = await s.client('alice', { streams: { '#a': position(sent[1] ?? {}) } }, 2)
    expect(alice.welcome.streams['#a']).toMatchObject({ at: 0, top: 0, mode: 'gap', reason: 'absent' })
    expect(alice.frames('gap')).toEqual([])
  })
})
