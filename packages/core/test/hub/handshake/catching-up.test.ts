import type { User } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { hello, type RawClient } from '../../support/raw-client.ts'
import { outcome, paths, type Stage, stage } from '../../support/stage.ts'

const rooms = (count: number, prefix = ''): Record<string, null> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`#${prefix}${i}`, null]))

/** A policy that allows everything, and counts. */
function counting() {
  const policy = { asked: 0, authorize: () => true }
  policy.authorize = () => {
    policy.asked++
    return true
  }
  return policy
}

/** Opens connections that say `hello` in the same turn. */
async function arrivals(s: Stage, count: number, options: Readonly<Record<string, unknown>> = {}) {
  const clients: RawClient[] = []
  for (let i = 0; i < count; i++) clients.push(await s.open({ remoteAddress: '192.0.2.1' }))
  for (const client of clients) client.write(hello('alice', options))
  return clients
}

const welcomed = (clients: readonly RawClient[]): number =>
  clients.filter((client) => client.frames('welcome').length > 0).length

describe.each(paths)('the cost of a hello, with a backplane that is %s', (path) => {
  test('P-LV-3: rooms above the limit are refused as too_large, and the policy is not asked', async () => {
    const { authorize, ...policy } = counting()
    const s = stage({ path, authorize, limits: { rooms: 3 } })
    const alice = await s.client('alice', { streams: rooms(1_000) })
    const entries = Object.entries(alice.welcome.streams).filter(([address]) => address.startsWith('#'))
    expect(entries.map(([, entry]) => entry.mode)).toEqual([
      ...Array(3).fill('live'),
      ...Array(997).fill('refused'),
    ])
    expect(entries.at(-1)?.[1]).toMatchObject({ mode: 'refused', code: 'too_large' })
    expect(policy.asked).toBeLessThanOrEqual(3)
    expect(s.hub.rooms.size).toBe(3)
  })

  test('P-LV-3: a join of a room too many is refused before the policy is asked', async () => {
    const policy = counting()
    const s = stage({ path, authorize: policy.authorize, limits: { rooms: 1 } })
    const alice = await s.client('alice', { streams: rooms(1) })
    policy.asked = 0
    expect(await alice.request('join', '#more')).toMatchObject({ code: 'too_large' })
    expect(policy.asked).toBe(0)
  })

  test('P-LV-7: the hello of a fresh session waits until its user has paid for the rooms of those before it', async () => {
    const policy = counting()
    const limits = { catchUpRate: 10, catchUpBurst: 20 }
    const s = stage({ path, authorize: policy.authorize, limits })
    // 11 units each: the second takes the user to -2, so a unit is there after 0.3 s.
    const clients = await arrivals(s, 3, { streams: rooms(10) })
    await s.settle()
    expect([welcomed(clients), policy.asked]).toEqual([2, 20])
    await s.advance(500)
    expect([welcomed(clients), policy.asked]).toEqual([3, 30])
    expect(clients.map((client) => client.code)).toEqual([null, null, null])
  })

  test('P-LV-7: a hello that would wait longer than five seconds is closed with 4013', async () => {
    const limits = { catchUpRate: 10, catchUpBurst: 20 }
    const s = stage({ path, limits })
    const clients = await arrivals(s, 20, { streams: rooms(10) })
    await s.advance(5_100)
    const codes = clients.map((client) => client.code)
    expect(codes.slice(0, 7)).toEqual(Array(7).fill(null))
    expect(codes.slice(7)).toEqual(Array(13).fill(4013))
    expect(welcomed(clients)).toBe(7)
  })

  test('P-LV-7: a client that leaves while it waits leaves nothing behind', async () => {
    const policy = counting()
    const s = stage({ path, authorize: policy.authorize, limits: { catchUpRate: 10, catchUpBurst: 20 } })
    const clients = await arrivals(s, 3, { streams: rooms(10) })
    await s.settle()
    const last = clients.at(-1)
    last?.connection.close(1000, '')
    await s.advance(1_000)
    expect([s.hub.sessions.length, policy.asked]).toEqual([2, 20])
  })

  test('P-LV-7: a user who was kicked while a hello waited is not let in', async () => {
    const s = stage({ path, limits: { catchUpRate: 10, catchUpBurst: 20 } })
    const clients = await arrivals(s, 3, { streams: rooms(10) })
    await s.settle()
    await s.settled(s.hub.kick('@alice'))
    await s.advance(1_000)
    expect(clients.map((client) => client.code)).toEqual([4513, 4513, 4513])
  })

  test('P-LV-7: other users do not pay', async () => {
    const s = stage({ path, limits: { catchUpRate: 0.001, catchUpBurst: 1 } })
    for (const name of ['alice', 'bob', 'carol']) expect((await s.client(name)).code).toBeNull()
  })

  test('P-LV-7: visitors at the same address share what they may spend', async () => {
    const authenticate = (): User => ({ id: 'guest', anonymous: true })
    const s = stage({ path, authenticate, limits: { catchUpRate: 0.001, catchUpBurst: 2 } })
    const here = await arrivals(s, 3)
    const there = await s.open({ remoteAddress: '192.0.2.2' })
    await there.say(hello())
    expect(here.map((client) => client.code)).toEqual([null, null, 4013])
    expect(there.code).toBeNull()
  })

  test.each([
    ['again and again pays for its rooms', 1_000, 'rate_limited'],
    ['now and then pays nothing', 31_000, 'ok'],
  ] as const)('P-LV-7: a session that is resumed %s', async (_, pause, expected) => {
    const s = stage({ path, limits: { catchUpRate: 0.001, catchUpBurst: 60 } })
    // The fresh session costs 21 units, and so does each resume that is not free.
    let alice = await s.client('alice', { streams: rooms(20) })
    for (let n = 0; n < 3; n++) {
      alice = await s.resume(alice, { streams: rooms(20) })
      await s.advance(pause)
    }
    expect(outcome(await alice.request('auth', 'alice'))).toBe(expected)
  })
})
