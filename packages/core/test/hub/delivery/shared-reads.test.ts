import type { Position } from '@chat/core'
import type { Backplane } from '@chat/core/backplane'
import { MemoryBackplane } from '@chat/core/memory'
import type { WireStream } from '@chat/testing/conformance'
import { describe, expect, test } from 'vitest'
import type { RawClient } from '../../support/raw-client.ts'
import { altered, deferred, position, type Stage, stage } from '../../support/stage.ts'

/** A second node whose hints come five seconds late, so that it is behind the log. */
function late(s: Stage, wrap: (backplane: Backplane) => Backplane = (backplane) => backplane): void {
  const timers = s.time.runtime('late')
  const backplane = altered(new MemoryBackplane(s.store), {
    tail: (stream, listener) => s.store.tail(stream, (hint) => timers.timer(5_000, () => listener(hint))),
  })
  s.another({ backplane: wrap(backplane) })
}

async function joined(client: RawClient, since: Position | unknown[]): Promise<WireStream> {
  const answer = await client.request('join', '#a', { since })
  return (answer.ok ? answer.result : {}) as unknown as WireStream
}

describe('a shared read of the log', () => {
  test('P-ST-2: is too old to reject a position that is newer than the read', async () => {
    const s = stage()
    const answer = deferred<void>()
    let held = 0
    late(s, (backplane) =>
      altered(backplane, {
        read: async (stream, range) => {
          const page = await backplane.read(stream, range)
          if ('after' in range && range.after === 2 && held++ === 0) await answer.promise
          return page
        },
      }),
    )
    const [first] = await s.publish('#a', 1)
    const keeper = await s.client('keeper', { streams: { '#a': null } }, 2)
    // The first client forges a position that the log does not have yet. The second client got it from
    // another node, and comes while the log is read for the forged one.
    const [forger, bob] = [await s.client('forger', {}, 2), await s.client('bob', {}, 2)]
    await forger.say(['join', 1, '#a', { since: [first?.position[0], 2, 'forged'] }])
    const [second] = await s.publish('#a', 2, 3)
    await bob.say(['join', 1, '#a', { since: position(second ?? {}) }])
    expect([held, forger.answered(), bob.answered()]).toEqual([1, [], []])
    answer.resolve()
    await s.settle()
    expect(forger.answer(1)).toMatchObject({ result: { mode: 'gap', reason: 'diverged' } })
    expect(bob.answer(1)).toMatchObject({ result: { mode: 'replay', at: 2, top: 3 } })
    await s.advance(6_000)
    expect(bob.messages('#a')).toEqual([[3, 3]])
    expect(keeper.messages('#a').map(([at]) => at)).toEqual([2, 3])
  })

  test('P-ST-2: is forgotten after its turn: a later request does not get dropped messages', async () => {
    const s = stage({ log: { retention: { count: 4 } } })
    const sent = await s.publish('#a', 1, 2, 3, 4, 5, 6)
    const third = position(sent[2] ?? {})
    expect(await joined(await s.client('alice'), third)).toMatchObject({ mode: 'replay', at: 3 })
    await s.publish('#a', 7, 8)
    expect(await joined(await s.client('bob'), third)).toMatchObject({ mode: 'gap', reason: 'trimmed' })
    expect(await joined(await s.client('carol'), position(sent[3] ?? {}))).toMatchObject({ mode: 'replay' })
  })

  test('P-ST-2: counts more than the recent messages of a log that has lost them', async () => {
    const s = stage()
    late(s)
    const keeper = await s.client('keeper', { streams: { '#a': null } }, 2)
    const sent = await s.publish('#a', 1, 2, 3, 4, 5)
    await s.advance(6_000)
    expect(keeper.messages('#a')).toHaveLength(5)
    s.store.rollback('#a', 3)
    await s.publish('#a', 'other 3', 'other 4', 'other 5')
    // The node still has its recent messages: its hints of the new messages are on their way.
    const bob = await s.client('bob', {}, 2)
    expect(await joined(bob, position(sent[3] ?? {}))).toMatchObject({ mode: 'gap', reason: 'diverged' })
  })
})
