import type { User } from '@chat/core'
import { describe, expect, test } from 'vitest'
import type { RawClient } from '../../support/raw-client.ts'
import { hello } from '../../support/raw-client.ts'
import { deferred, stage } from '../../support/stage.ts'

/** Close code of a client, and the time that a `bye` before it has named. */
function refusal(client: RawClient): { code: number | null; retryAfter: unknown } {
  const [, code, , extra] = client.frames('bye')[0] ?? []
  const { retryAfter } = (extra ?? {}) as { retryAfter?: number }
  return { code: code === client.code ? client.code : null, retryAfter }
}

const inTime = expect.objectContaining({ code: 4013, retryAfter: expect.any(Number) })

describe('the limits of connections of a hub (SEC-12, P-LV-3)', () => {
  test('a user over the limit is closed with 4013 and a time to come back, until a connection ends', async () => {
    const s = stage({ limits: { connectionsPerUser: 2 } })
    const [first] = [await s.client('alice'), await s.client('alice')]
    const third = await s.open()
    await third.say(hello('alice'))
    expect(refusal(third)).toEqual(inTime)
    expect((await s.client('bob')).code).toBeNull()

    await s.drop(first)
    expect((await s.client('alice')).code).toBeNull()
  })

  test('the application names who pays', async () => {
    const authenticate = ({ token }: { token: string | null }): User => ({
      id: String(token),
      payer: 'tenant',
    })
    const s = stage({ limits: { connectionsPerUser: 1 }, authenticate })
    await s.client('alice')
    const bob = await s.open()
    await bob.say(hello('bob'))
    expect(refusal(bob)).toEqual(inTime)
  })

  test.each([7, '', 'a\nb', 'x'.repeat(256)])(
    'a payer that cannot be counted fails the handshake: %j',
    async (payer) => {
      const s = stage({ authenticate: () => ({ id: 'alice', payer: payer as string }) })
      const client = await s.open()
      await client.say(hello('alice'))
      expect([client.code, s.faults]).toEqual([4004, [expect.stringMatching(/the user’s payer must be/)]])
    },
  )

  test('anonymous users are limited by their address, before their `hello`', async () => {
    const s = stage({
      limits: { connectionsPerUser: 1, connectionsPerAddress: 3 },
      authenticate: () => ({ id: 'guest', anonymous: true }),
    })
    const from = { remoteAddress: '192.0.2.1' }
    for (let i = 0; i < 3; i++) await (await s.open(from)).hello()
    const fourth = await s.open(from)
    await s.settle()
    expect(refusal(fourth)).toEqual(inTime)
    await (await s.open({ remoteAddress: '192.0.2.2' })).hello()
  })

  test('an `authenticate` that takes its time holds a place of the handshakes, not more', async () => {
    const answer = deferred<User>()
    const s = stage({
      limits: { handshakes: 2, handshakesPerAddress: 2 },
      authenticate: () => answer.promise,
    })
    const [first, second] = [await s.open(), await s.open()]
    await first.say(hello('alice'))
    const third = await s.open()
    await s.settle()
    expect([second.code, refusal(third)]).toEqual([null, inTime])

    answer.resolve({ id: 'alice' })
    await s.settle()
    expect(first.frames('welcome')).toHaveLength(1)
    expect((await s.open()).code).toBeNull()
  })

  test('every end of a connection frees its place', async () => {
    const s = stage({
      limits: { connections: 1, connectionsPerAddress: 1, handshakes: 1, handshakesPerAddress: 1 },
    })
    const ways: ((client: RawClient) => Promise<unknown>)[] = [
      async (client) => client.connection.close(1000, ''),
      (client) => s.drop(client),
      (client) => client.say('not JSON'),
      () => s.advance(6_000),
      (client) => client.say(hello(null)),
      (client) => client.hello('alice').then(() => s.hub.kick('@alice')),
    ]
    for (const way of ways) {
      const client = await s.open()
      expect(client.code).toBeNull()
      await way(client)
      await s.settle()
      expect(client.ended).not.toBeNull()
    }
  })

  test('a limit that refuses connections is reported, with the option to change', async () => {
    const s = stage({ limits: { connections: 1, connectionsPerAddress: 1 } })
    await s.client('alice')
    await s.open()
    await s.open()
    expect(s.errors).toMatchObject([{ source: 'transport', subject: 'connections' }])
    expect(s.faults).toEqual([expect.stringMatching(/the limit 'connections' is reached \(1\)/)])
  })

  test('a resume over the rate is told when it may come back', async () => {
    const s = stage({ limits: { resumeBurst: 1, resumeRate: 0.5 } })
    const alice = await s.client('alice')
    const again = await s.resume(alice)
    const { session } = again.welcome
    const third = await s.open()
    await third.say(hello('alice', { session: { ...session, n: 1 } }))
    expect(refusal(third)).toEqual({ code: 4013, retryAfter: 2_000 })
  })
})
