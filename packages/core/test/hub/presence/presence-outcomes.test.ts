import type { Backplane, PresenceStore } from '@chat/core/backplane'
import { describe, expect, test } from 'vitest'
import type { RawClient } from '../../support/raw-client.ts'
import { altered, deferred, listedNode, outcome, paths, type Stage, stage } from '../../support/stage.ts'

type Enter = PresenceStore['enter']

/** A stage whose presence store enters rooms in another way. */
const entering = (change: (real: Enter) => Enter): Stage =>
  stage({
    presence: { grace: 5_000 },
    wrap: (real: Backplane) =>
      altered(real, { presence: { ...real.presence, enter: change(real.presence.enter) } }),
  })

const users = async (s: Stage): Promise<string[]> => {
  const asked = s.hub.to('#a').members()
  await s.settle()
  return (await asked).map(({ user }) => user).toSorted()
}

const join = async (client: RawClient): Promise<string> => outcome(await client.request('join', '#a'))

describe.each(paths)('presence that the store has taken without an answer (%s)', (path) => {
  /** True while answers and hints are lost, although the store has taken the operation. */
  const losing = (): { s: Stage; lose: (yes: boolean) => void } => {
    let lost = false
    const wrap = (real: Backplane): Backplane => {
      const { enter, watch } = real.presence
      const own: Partial<PresenceStore> = {
        async enter(...given) {
          const page = await enter(...given)
          if (lost) throw new Error('the answer is lost')
          return page
        },
        watch: (room, listener) => watch(room, (hint) => (lost ? undefined : listener(hint))),
      }
      return altered(real, { presence: { ...real.presence, ...own } })
    }
    return {
      s: stage({ path, presence: { grace: 5_000 }, wrap }),
      lose: (yes) => {
        lost = yes
      },
    }
  }

  test('a join that was answered as unavailable leaves no member behind', async () => {
    const { s, lose } = losing()
    await join(await s.client('bob'))
    lose(true)
    const alice = await s.client('alice')
    expect(await join(alice)).toBe('unavailable')
    await s.advance(20_000)
    expect(await users(s)).toEqual(['bob'])
  })

  test('a session that joins again within the grace stays a member', async () => {
    const { s, lose } = losing()
    const bob = await s.client('bob')
    await join(bob)
    lose(true)
    const alice = await s.client('alice')
    expect(await join(alice)).toBe('unavailable')
    lose(false)
    expect(await join(alice)).toBe('ok')
    bob.news()
    await s.advance(20_000)
    expect(await users(s)).toEqual(['alice', 'bob'])
    expect(bob.news().filter(([type]) => type === 'presence')).toEqual([])
  })

  test('P-PR-5: a session that came back, was refused and ended again has left after its grace', async () => {
    const { s, lose } = losing()
    await join(await s.client('bob'))
    const alice = await s.client('alice')
    await join(alice)
    await s.drop(alice)
    lose(true)
    const again = await s.resume(alice, { streams: { '#a': null } })
    expect(again.welcome.streams['#a']).toMatchObject({ mode: 'refused' })
    lose(false)
    await s.drop(again)
    await s.advance(20_000)
    expect(await users(s)).toEqual(['bob'])
  })
})

describe('presence that is answered late', () => {
  test('P-HS-5: the answer for an older connection does not count after that for the newer connection', async () => {
    const late = deferred<void>()
    let first = true
    const s = entering((real) => async (...given) => {
      const page = await real(...given)
      if (!first) return page
      first = false
      await late.promise
      return page
    })
    const alice = await s.client('alice')
    await alice.say(['join', alice.next(), '#a'])
    const again = await s.resume(alice, { streams: { '#a': null } })
    late.resolve()
    await s.settle()
    // The present connection restores the session that the store has lost.
    s.store.presence.leave('#a', again.id, 9, 0)
    await s.advance(15_000)
    expect(await users(s)).toEqual(['alice'])
  })

  test('a session that is removed from a room while it changes its state has left', async () => {
    const late = deferred<void>()
    let held = false
    const s = entering((real) => async (...given) => {
      if (held) await late.promise
      return real(...given)
    })
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    await join(alice)
    await join(bob)
    held = true
    await alice.say(['state', alice.next(), '#a', 'busy'])
    await s.hub.to('#a').remove('@alice')
    late.resolve()
    await s.settle()
    expect(await users(s)).toEqual(['bob'])
    await s.drop(alice)
    await s.drop(bob)
    await s.advance(200_000)
    expect(s.store.presence.size).toBe(listedNode.presence)
  })
})

test('P-ST-10: a client that joins gets the answer first, also when presence changes are pending', async () => {
  const verdict = deferred<boolean>()
  let slow = false
  const s = stage({
    presence: {},
    authorize: ({ user }) => (slow && user.id === 'alice' ? verdict.promise : true),
    wrap: (real) =>
      altered(real, {
        presence: {
          ...real.presence,
          enter(...given) {
            const page = real.presence.enter(...given)
            // The permission is asked for again, between the store's answer and the hub's.
            if (given[1][0]?.user === 'alice') {
              slow = true
              void s.hub.to('#a').remove('@alice')
            }
            return page
          },
        },
      }),
  })
  const bob = await s.client('bob')
  await bob.request('join', '#a')
  const alice = await s.client('alice')
  alice.news()
  await alice.say(['join', alice.next(), '#a'])
  s.store.presence.enter('#a', [{ session: 'x', user: 'x', generation: 1, node: 'x' }], {
    ttl: 60_000,
    keep: 0,
  })
  verdict.resolve(true)
  await s.settle()
  expect(alice.news()[0]).toMatchObject(['ok', 1, { count: 3 }])
})

test('a room for which the option presence.rooms throws has no presence, and the error is reported', async () => {
  const s = stage({
    presence: {
      rooms() {
        throw new Error('no such table')
      },
    },
  })
  const alice = await s.client('alice')
  expect(outcome(await alice.request('join', '#a'))).toBe('ok')
  expect(outcome(await alice.request('who', '#a'))).toBe('unsupported')
  expect(s.faults).toContain('Error: no such table')
})
