import { MemoryStore } from '@chat/core/memory'
import { VirtualTime } from '@chat/testing'
import { describe, expect, test } from 'vitest'

const lease = { ttl: 1_000_000, keep: 60_000 }
const state = JSON.stringify('x'.repeat(10_000))

/** A store for presence states of 100 KB. */
const presenceOf = (options: object = {}) =>
  new MemoryStore(new VirtualTime().runtime('store'), { bytes: 400_000, ...options }).presence

const member = (user: string, n: number, own = state) => ({
  session: `${user}-${n}`,
  user,
  state: own,
  generation: 1,
  node: 'node',
})

/** Lets a user enter rooms until it is refused. Returns the number of rooms. */
function fill(presence: MemoryStore['presence'], user: string, most = 100): number {
  for (let n = 0; n < most; n++)
    try {
      presence.enter(`#${user} ${n}`, [member(user, n)], lease)
    } catch {
      return n
    }
  return most
}

describe('the share of a user in the presence states', () => {
  test('SEC-14: a user with very many states leaves half of the place to others', () => {
    const presence = presenceOf()
    expect(fill(presence, 'mallory')).toBeLessThan(7)
    for (let n = 0; n < 4; n++) presence.enter('#room', [member(`user ${n}`, n)], lease)
    expect(presence.members('#room', null)?.members).toHaveLength(4)
  })

  test('SEC-14: a user above its share may still change its states for smaller ones, and leave', () => {
    const presence = presenceOf()
    const rooms = fill(presence, 'mallory')
    presence.enter('#mallory 0', [member('mallory', 0, 'null')], lease)
    for (let n = 0; n < rooms; n++) presence.leave(`#mallory ${n}`, `mallory-${n}`, 1, 0)
    expect(fill(presence, 'mallory')).toBe(rooms)
  })

  test('SEC-14: sessions without a state push out no state of a session that may come back', () => {
    const presence = presenceOf({ sessions: 10 })
    presence.enter('#a', [member('alice', 1)], lease)
    presence.leave('#a', 'alice-1', 1, 60_000)
    for (let n = 0; n < 50; n++) {
      presence.enter('#b', [member('mallory', n, 'null')], lease)
      presence.leave('#b', `mallory-${n}`, 1, 60_000)
    }
    const { session, user, generation, node } = member('alice', 1)
    const [back] = presence.enter('#a', [{ session, user, generation, node }], lease).members
    expect(back?.state).toBe(state)
  })
})
