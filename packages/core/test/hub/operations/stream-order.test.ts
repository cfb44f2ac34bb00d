import { describe, expect, test } from 'vitest'
import { deferred, paths, stage } from '../../support/stage.ts'

describe.each(paths)('the order on one connection, with a backplane that is %s', (path) => {
  test('P-ST-10: the answer to a join comes before all frames of the address, also before messages of a $join listener', async () => {
    const s = stage({ path })
    const said: Promise<unknown>[] = []
    s.hub.on('$join', ({ address }) => {
      said.push(s.hub.to(address).send('greeting', 'welcome'))
      s.hub.to(address).cast('greeting', 'welcome')
    })
    const alice = await s.client('alice')
    alice.news()
    await alice.request('join', '#a')
    await Promise.all(said)
    const news = alice.news()
    expect(news[0]).toMatchObject(['ok', 1, { at: 0, mode: 'live' }])
    expect(
      news
        .slice(1)
        .map(([type]) => type)
        .toSorted(),
    ).toEqual(['cast', 'msg'])
  })

  test('P-ST-10: nothing of an address comes after the answer to its leave', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.request('join', '#a')
    const publishing: Promise<unknown>[] = []
    alice.write(['leave', 2, '#a'])
    for (let i = 0; i < 10; i++) {
      publishing.push(s.hub.to('#a').send('say', i))
      s.hub.to('#a').cast('say', i)
      await s.time.runNext()
    }
    await s.settle()
    await Promise.all(publishing)
    const frames = alice.frames()
    const left = frames.findIndex(([type, ref]) => type === 'ok' && ref === 2)
    expect(frames.slice(left + 1)).toEqual([])
  })

  test('P-ST-10: answers to the sends of one address come in the order of their refs', async () => {
    const answers = new Map<unknown, ReturnType<typeof deferred<boolean>>>()
    const s = stage({
      path,
      authorize: ({ data }) => {
        const answer = deferred<boolean>()
        answers.set(data, answer)
        return answer.promise
      },
    })
    const alice = await s.client('alice')
    await alice.say(...[1, 2, 3, 4].map((ref) => ['send', ref, '#a', 'say', ref]))
    // For any decision of the policy, at any time.
    for (const [ref, allowed] of [
      [1, true],
      [2, false],
      [3, true],
      [4, false],
    ] as const) {
      expect(answers.has(ref)).toBe(true)
      expect(answers.has(ref + 1)).toBe(false)
      answers.get(ref)?.resolve(allowed)
      await s.settle()
    }
    expect(alice.answered()).toEqual([1, 2, 3, 4])
  })

  test('P-ST-10: a rate_limited answer keeps its place among the answers of its address', async () => {
    const slow = deferred<boolean>()
    const s = stage({ path, limits: { rate: 0.001, burst: 1 }, authorize: () => slow.promise })
    const alice = await s.client('alice')
    await alice.say(['send', 1, '#a', 'say', 1], ['send', 2, '#a', 'say', 2])
    expect(alice.answered()).toEqual([])
    slow.resolve(true)
    await s.settle()
    expect(alice.answered()).toEqual([1, 2])
  })

  test('P-ST-10: a gap comes before the first message behind it', async () => {
    const s = stage({ path, log: { bytes: 10_000 } })
    const alice = await s.client('alice')
    await alice.request('join', '#a')
    await s.publish('#a', 1)
    await s.publish('#other', 'x'.repeat(4_500), 'y'.repeat(4_500))
    await s.publish('#a', 2)
    await s.publish('#a', 3)
    const stream = alice
      .frames()
      .filter((frame) => frame[1] === '#a')
      .map(([type, , what]) => [type, what])
    expect(stream[0]).toEqual(['msg', 1])
    expect(stream[1]).toEqual(['gap', 'epoch'])
    expect(stream.at(-1)).toEqual(['msg', 2])
  })
})
