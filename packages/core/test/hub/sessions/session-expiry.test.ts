import type { Hub } from '@chat/core'
import type { Backplane, SessionStore } from '@chat/core/backplane'
import { type World, world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { altered, paths, type Stage, type StageOptions, stage } from '../../support/stage.ts'

/** Time after which a session that did not come back has expired, with the default timeouts. */
const over = 122_000

/** The sessions for which a hub has emitted `$expire`, as `session/user`. */
function expired(hub: Hub): string[] {
  const told: string[] = []
  hub.on('$expire', ({ session: { id, user } }) => told.push(`${id}/${user.id}`))
  return told
}

/** A stage with two hubs and the sessions that each has told. */
function pair(options: StageOptions): { s: Stage; first: string[]; second: string[] } {
  const s = stage(options)
  return { s, first: expired(s.hub), second: expired(s.another()) }
}

/** A `find` of sessions that notes each id. */
function noted(real: Backplane, looked: string[]): SessionStore['find'] {
  return (id) => {
    looked.push(id)
    return real.sessions.find(id)
  }
}

describe.each(paths)('$expire, with a backplane that is %s', (path) => {
  test('tells a session whose connection was lost once it can no longer be resumed, and not before', async () => {
    const { s, first, second } = pair({ path })
    const alice = await s.client('alice')
    await s.drop(alice)
    await s.advance(119_000)
    expect(first).toEqual([])
    await s.advance(4_000)
    expect([first, second]).toEqual([[`${alice.id}/alice`], []])
    const again = await s.resume(alice)
    expect(again.id).not.toBe(alice.id)
  })

  test('is not emitted for a session that was resumed at the same node, until it has ended for good', async () => {
    const { s, first } = pair({ path })
    const alice = await s.client('alice')
    await s.drop(alice)
    await s.advance(60_000)
    const again = await s.resume(alice)
    await s.advance(over)
    expect([again.id, first]).toEqual([alice.id, []])
    await s.drop(again)
    await s.advance(over)
    expect(first).toEqual([`${alice.id}/alice`])
  })

  test('is emitted by the node that held the session last, and by no other', async () => {
    const { s, first, second } = pair({ path })
    const alice = await s.client('alice')
    await s.drop(alice)
    const again = await s.resume(alice, { to: 2 })
    expect(again.id).toBe(alice.id)
    await s.advance(over)
    expect([first, second]).toEqual([[], []])
    await s.drop(again)
    await s.advance(over)
    expect([first, second]).toEqual([[], [`${alice.id}/alice`]])
  })

  test('is emitted at once for a session that was kicked, connected or not, at its own node', async () => {
    const { s, first, second } = pair({ path })
    const [here, away] = [await s.client('alice'), await s.client('alice', {}, 2)]
    await s.drop(away)
    const kicked = s.hub.kick('@alice')
    await s.advance(100)
    await kicked
    expect([first, second]).toEqual([[`${here.id}/alice`], [`${away.id}/alice`]])
  })

  test('waits for a session that its client has closed, because it could still be resumed', async () => {
    const { s, first } = pair({ path })
    const alice = await s.client('alice')
    alice.connection.close(1000, 'bye')
    await s.advance(100_000)
    expect(first).toEqual([])
    await s.advance(30_000)
    expect(first).toEqual([`${alice.id}/alice`])
  })

  test('costs no timer and no look-up while no listener waits for it', async () => {
    const looked: string[] = []
    const s = stage({
      path,
      wrap: (real) =>
        altered(real, {
          sessions: { ...real.sessions, find: noted(real, looked) },
        }),
    })
    await s.drop(await s.client('alice'))
    await s.advance(over)
    expect(looked).toEqual([])
  })
})

test('a session that was resumed at its node is not looked for', async () => {
  const looked: string[] = []
  const s = stage({
    wrap: (real) => altered(real, { sessions: { ...real.sessions, find: noted(real, looked) } }),
  })
  expired(s.hub)
  const alice = await s.client('alice')
  await s.drop(alice)
  const again = await s.resume(alice)
  for (let time = 0; time < 2 * over; time += 20_000) {
    await again.say(['pong'])
    await s.advance(20_000)
  }
  expect([again.code, looked]).toEqual([null, []])
})

test('a look-up that fails is repeated', async () => {
  let failures = 3
  const s = stage({
    wrap: (real) =>
      altered(real, {
        sessions: {
          ...real.sessions,
          find: (id) => {
            if (failures-- > 0) throw new Error('gone')
            return real.sessions.find(id)
          },
        },
      }),
  })
  const told = expired(s.hub)
  const alice = await s.client('alice')
  await s.drop(alice)
  await s.advance(over + 4_000)
  expect(told).toEqual([`${alice.id}/alice`])
  expect(s.errors).toHaveLength(3)
})

test('a session that another node has resumed is left to that node, also when the notice of it was lost', async () => {
  const { s, first, second } = pair({
    wrap: (real) =>
      altered(real, {
        publish: (channel, text) => (text.includes('takeover') ? undefined : real.publish(channel, text)),
      }),
  })
  const alice = await s.client('alice')
  await s.drop(alice)
  const again = await s.resume(alice, { to: 2 })
  await s.advance(over)
  expect([again.id, first, second]).toEqual([alice.id, [], []])
})

test('a session whose record was dropped while the notice was lost expires when that is noticed', async () => {
  const s = stage()
  const told = expired(s.hub)
  const alice = await s.client('alice')
  s.store.sessions.drop({ id: alice.id })
  await s.drop(alice)
  await s.advance(100)
  expect(told).toEqual([`${alice.id}/alice`])
})

const open = {
  authenticate: ({ token }: { token: string | null }) => ({ id: token ?? '' }),
  authorize: () => true,
}

/** Makes hubs and returns the users that each has told. */
function hubs(w: World, count: number): { all: Hub[]; told: string[][] } {
  const all = Array.from({ length: count }, () => w.hub(open))
  const told = all.map((hub) => {
    const users: string[] = []
    hub.on('$expire', ({ session }) => users.push(session.user.id))
    return users
  })
  return { all, told }
}

test('a hub that closes hands its absent sessions over to another node', () =>
  world({}, async (w) => {
    const { all, told } = hubs(w, 2)
    const [first] = all
    if (first === undefined) throw new Error('there is no hub')
    const alice = await w.client(first, 'alice')
    const bob = await w.client(all, 'bob')
    w.link(alice).reset()
    await first.close({ deadline: 100 })
    await w.advance('100s')
    expect(told).toEqual([[], []])
    await w.advance('30s')
    expect(bob.status).toBe('connected')
    expect(told).toEqual([[], ['alice']])
  }))

test('thousands of sessions that expire together are looked for a few at a time', async () => {
  let [open, most] = [0, 0]
  const s = stage({
    path: 'asynchronous',
    limits: { rate: 1_000, burst: 1_000 },
    wrap: (real) =>
      altered(real, {
        sessions: {
          ...real.sessions,
          find: async (id) => {
            most = Math.max(most, ++open)
            const found = await real.sessions.find(id)
            open--
            return found
          },
        },
      }),
  })
  const told = expired(s.hub)
  const clients = await Promise.all(Array.from({ length: 300 }, (_, i) => s.client(`user ${i}`)))
  for (const client of clients) client.connection.abort(new Error('the network is gone'))
  await s.advance(over + 20_000)
  expect([told.length, most]).toEqual([300, 64])
})
