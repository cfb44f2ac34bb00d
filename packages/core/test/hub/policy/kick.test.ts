import type { User } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { hello } from '../../support/raw-client.ts'
import { altered, deferred, paths, type Stage, stage } from '../../support/stage.ts'

const down = { reason: 'see the rules' }

/** Waits for a promise, after the steps that it waits for. */
async function during(s: Stage, promise: Promise<unknown>): Promise<void> {
  await Promise.all([promise, s.settle()])
  await s.settle()
}

describe.each(paths)('a user who is kicked, with a backplane that is %s', (path) => {
  test('SEC-25: loses every session at every node with 4513 and the reason, and no other user does', async () => {
    const s = stage({ path })
    s.another()
    const hers = [await s.client('alice'), await s.client('alice'), await s.client('alice', {}, 2)]
    const bob = await s.client('bob')
    await during(s, s.hub.kick('@alice', down))
    expect(hers.map(({ ended }) => ended)).toEqual(Array(3).fill({ code: 4513, reason: 'see the rules' }))
    expect(bob.code).toBeNull()
    expect(s.hub.sessions.map(({ id }) => id)).toEqual([bob.id])
  })

  test('SEC-25: a single session can be kicked, at any node', async () => {
    const s = stage({ path })
    s.another()
    const [one, two] = [await s.client('alice', {}, 2), await s.client('alice', {}, 2)]
    await during(s, s.hub.kick(`~${one.id}`))
    expect([one.ended, two.ended]).toEqual([{ code: 4513, reason: 'removed by the application' }, null])
  })

  test('SEC-25, P-HS-6: cannot resume, also at a node without a connection', async () => {
    const s = stage({ path })
    s.another()
    const [here, away] = [await s.client('alice'), await s.client('alice')]
    await s.drop(away)
    await during(s, s.hub.kick('@alice'))
    for (const client of [here, away])
      for (const to of [1, 2]) expect((await s.resume(client, { n: to, to })).welcome.resumed).toBe(false)
  })

  test('may connect again if `authenticate` allows it', async () => {
    const s = stage({ path })
    await s.client('alice')
    await during(s, s.hub.kick('@alice'))
    const again = await s.client('alice')
    await again.request('join', '#a')
    await s.publish('#a', 1)
    await s.advance(100_000)
    expect(again.messages('#a')).toEqual([[1, 1]])
  })

  test('I12, S-28: gets no message that is sent after the call has returned', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.request('join', '#a')
    await s.publish('#a', 'before')
    const kicked = s.hub.kick('@alice')
    const said = s.hub.to('#a').send('say', 'after')
    await during(s, Promise.all([kicked, said]))
    expect(alice.messages('#a')).toEqual([[1, 'before']])
  })

  test('S-28: runs no operation that was on its way', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    alice.write(['send', 1, '#a', 'say', 'late'])
    const kicked = s.hub.kick('@alice')
    await during(s, kicked)
    expect(s.store.usage.keys).toBe(0)
  })

  test('SEC-25: loses a handshake that `authenticate` has not answered yet', async () => {
    const verdict = deferred<User>()
    const s = stage({ path, authenticate: () => verdict.promise })
    const client = await s.open()
    await client.say(hello('alice'))
    const kicked = s.hub.kick('@alice', down)
    verdict.resolve({ id: 'alice' })
    await during(s, kicked)
    expect(client.ended).toEqual({ code: 4513, reason: 'see the rules' })
    expect(client.frames()).toEqual([])
  })

  test('SEC-25: loses a handshake whose rooms are not authorised yet', async () => {
    const verdict = deferred<boolean>()
    const s = stage({ path, authorize: () => verdict.promise })
    s.another()
    const client = await s.open({}, 2)
    await client.say(hello('alice', { streams: { '#a': null } }))
    const kicked = s.hub.kick('@alice')
    await during(s, kicked)
    expect(client.code).toBe(4513)
    verdict.resolve(true)
    await s.settle()
    expect(client.frames()).toEqual([])
    expect(s.hub.sessions).toEqual([])
  })

  test('does not affect the handshake of another user', async () => {
    const verdict = deferred<User>()
    const s = stage({ path, authenticate: () => verdict.promise })
    const client = await s.open()
    await client.say(hello('bob'))
    const kicked = s.hub.kick('@alice')
    verdict.resolve({ id: 'bob' })
    await during(s, kicked)
    expect(client.frames('welcome')).toHaveLength(1)
  })
})

describe('kicking', () => {
  test.each(['#room', '*', 'alice', '', '@', '~'])(
    'rejects for %j, which is wrong use, and never throws',
    async (who) => {
      const s = stage()
      await expect(s.hub.kick(who)).rejects.toMatchObject({ code: 'usage' })
      await expect(s.hub.reauthorize(who)).rejects.toMatchObject({ code: 'usage' })
      await expect(s.hub.to('#a').remove(who)).rejects.toMatchObject({ code: 'usage' })
    },
  )

  test('a user without sessions is not an error', async () => {
    const s = stage()
    await s.hub.kick('@nobody')
    await s.hub.kick('~nobody')
    expect(s.errors).toEqual([])
  })

  test('without the backplane ends the sessions of this node, and rejects as `unavailable`', async () => {
    const unreachable = (): never => {
      throw new Error('no broker')
    }
    const s = stage({ wrap: (backplane) => altered(backplane, { publish: unreachable }) })
    const alice = await s.client('alice')
    await expect(s.hub.kick('@alice')).rejects.toMatchObject({ code: 'unavailable', retryable: true })
    await s.settle()
    expect(alice.code).toBe(4513)
  })

  test('tells the other nodes although the records cannot be reached', async () => {
    const s = stage({
      wrap: (backplane) =>
        altered(backplane, {
          sessions: { ...backplane.sessions, drop: () => Promise.reject(new Error('no records')) },
        }),
    })
    s.another()
    const alice = await s.client('alice', {}, 2)
    await expect(s.hub.kick('@alice')).rejects.toMatchObject({ code: 'unavailable' })
    await s.settle()
    expect(alice.code).toBe(4513)
  })

  test('SEC-25: a node that was not told finds out when it renews the record, within 60 seconds', async () => {
    const s = stage({ wrap: (backplane) => altered(backplane, { publish: () => {} }) })
    s.another()
    const alice = await s.client('alice', {}, 2)
    await s.hub.kick('@alice')
    await s.settle()
    expect(alice.code).toBeNull()
    for (let i = 0; i < 3; i++) {
      await s.advance(20_500)
      await alice.say(['pong'])
    }
    expect(alice.code).toBe(4513)
  })
})

describe('a session that is being resumed while it is kicked', () => {
  test('SEC-25: is not resumed when its record was taken before', async () => {
    const gate = deferred<void>()
    const s = stage({
      wrap: (backplane) =>
        altered(backplane, {
          sessions: {
            ...backplane.sessions,
            take: (...attempt) => {
              const taken = backplane.sessions.take(...attempt)
              return gate.promise.then(() => taken)
            },
          },
        }),
    })
    const alice = await s.client('alice')
    await s.drop(alice)
    const again = await s.open()
    await again.say(hello('alice', { session: { ...alice.welcome.session, n: 1 } }))
    await during(s, s.hub.kick(`~${alice.id}`))
    gate.resolve()
    await s.settle()
    expect(again.code).toBe(4513)
    expect(s.hub.sessions).toEqual([])
  })
})

describe('the session’s own `close`', () => {
  test('ends the connection, and keeps the record, so that the session can be resumed', async () => {
    const s = stage()
    const alice = await s.client('alice')
    s.hub.sessions[0]?.close()
    await s.settle()
    expect(alice.code).toBe(4513)
    expect((await s.resume(alice)).welcome.resumed).toBe(true)
  })
})
