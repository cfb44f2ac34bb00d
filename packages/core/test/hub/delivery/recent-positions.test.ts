import { MemoryBackplane } from '@chat/core/memory'
import { describe, expect, test } from 'vitest'
import { altered, deferred, position, stage } from '../../support/stage.ts'

const key = (ref: number) => ({ user: '', session: 'other', ref, hash: `${ref}`, window: 64, by: 'other' })
const message = (id: string) => ({ event: 'say', data: '0', meta: null, from: null, id })

describe('a position among the recent messages of a node', () => {
  test('P-ST-2: is below the base when its message is no longer kept', async () => {
    const s = stage({ log: { retention: { count: 4 } } })
    await s.client('keeper', { streams: { '#a': null } })
    const sent = await s.publish('#a', 1, 2, 3, 4, 5, 6)
    const alice = await s.client('alice')
    const ask = (n: number): Promise<unknown> =>
      alice.request('join', '#a', { since: position(sent[n] ?? {}) })
    expect(await ask(0)).toMatchObject({ result: { mode: 'gap', reason: 'trimmed' } })
    expect(await ask(1)).toMatchObject({ result: { mode: 'replay', at: 2 } })
  })

  test('P-ST-3: is answered with the top of the log, also when its hint was lost', async () => {
    const s = stage()
    const deaf = altered(new MemoryBackplane(s.store), { tail: () => () => {} })
    s.another({ backplane: deaf })
    const [first, second] = await s.publish('#a', 1, 2, 3)
    const keeper = await s.client('keeper', { streams: { '#a': position(first ?? {}) } }, 2)
    await s.publish('#a', 4)
    const bob = await s.client('bob', {}, 2)
    const joined = await bob.request('join', '#a', { since: position(second ?? {}) })
    expect(joined).toMatchObject({ result: { mode: 'replay', at: 2, top: 4 } })
    expect(bob.messages('#a').map(([at]) => at)).toEqual([3, 4])
    expect(keeper.messages('#a').map(([at]) => at)).toEqual([2, 3, 4])
  })

  test('P-ST-2: is checked in the log while that may be another log, even if the newest message is the same', async () => {
    const verified = deferred<void>()
    const reconnected: (() => void)[] = []
    const s = stage({
      wrap: (backplane) =>
        altered(backplane, {
          onReconnect: (listener) => {
            reconnected.push(listener)
            return () => {}
          },
          read: async (stream, range) => {
            if ('before' in range && range.before !== null) await verified.promise
            return backplane.read(stream, range)
          },
        }),
    })
    const keeper = await s.client('keeper', { streams: { '#a': null } })
    const sent = await s.publish('#a', 1, 2, 3, 4)
    s.store.rollback('#a', 2)
    s.store.append('#a', message('other.1'), key(1))
    s.store.append('#a', message(sent[3]?.id ?? ''), key(2))
    for (const tell of reconnected) tell()
    const bob = await s.client('bob')
    const joined = await bob.request('join', '#a', { since: position(sent[2] ?? {}) })
    expect(joined).toMatchObject({ result: { mode: 'gap', reason: 'diverged' } })
    verified.resolve()
    await s.settle()
    expect(keeper.frames('gap').map(([, , reason]) => reason)).toEqual(['diverged'])
  })
})
