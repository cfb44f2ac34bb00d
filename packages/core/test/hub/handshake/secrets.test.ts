import { describe, expect, test } from 'vitest'
import { hello, type RawClient } from '../../support/raw-client.ts'
import { altered, paths, type Stage, stage } from '../../support/stage.ts'

const sessionOf = (client: RawClient, n: number, secret = client.welcome.session.secret) => ({
  session: { id: client.id, secret, n },
})

/** A `hello` that resumes and may be refused. */
async function attempt(s: Stage, token: string, extra: Record<string, unknown>): Promise<RawClient> {
  const client = await s.open()
  await client.say(hello(token, extra))
  return client
}

const welcomeOf = (client: RawClient) => client.frames('welcome')[0]?.[1] as RawClient['welcome'] | undefined

describe.each(paths)('ids and secrets, with a backplane that is %s', (path) => {
  test('P-HS-4: the id is short and public, the secret holds 128 bits or more, and both are new for each session', async () => {
    const s = stage({ path })
    const [alice, bob] = [await s.client('alice'), await s.client('alice')]
    for (const { session } of [alice.welcome, bob.welcome]) {
      expect(session.id).toMatch(/^[A-Za-z0-9_-]{8,16}$/)
      expect(session.secret).toMatch(/^[A-Za-z0-9_-]{22,}$/)
    }
    expect(alice.id).not.toBe(bob.id)
    expect(alice.welcome.session.secret).not.toBe(bob.welcome.session.secret)
  })

  test('P-HS-4: a session is resumed with its secret, and gets a new secret', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await s.drop(alice)
    const again = await s.resume(alice)
    expect(again.welcome).toMatchObject({ resumed: true, session: { id: alice.id }, user: 'alice' })
    expect(again.welcome.session.secret).not.toBe(alice.welcome.session.secret)
  })

  test('P-HS-4: the welcome lost in transit: the older secret is accepted again with a greater n', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await s.drop(alice)
    await s.drop(await s.resume(alice, { n: 1 }))
    const third = await s.resume(alice, { n: 2 })
    expect(third.welcome).toMatchObject({ resumed: true, session: { id: alice.id } })
  })

  test('P-HS-4: a new secret replaces the secret whose welcome was lost', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const lost = await s.resume(alice, { n: 1 })
    const found = await s.resume(alice, { n: 2 })
    const withLost = await s.resume(alice, { secret: lost.welcome.session.secret, n: 1 })
    expect(withLost.welcome.resumed).toBe(false)
    expect((await s.resume(found, { n: 1 })).welcome.resumed).toBe(true)
  })

  test.each([
    ['an equal', 5],
    ['a smaller', 4],
    ['a negative', -1],
  ])('P-HS-4: %s n closes only its own connection with 4001', async (_, n) => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const current = await s.resume(alice, { n: 5 })
    const delayed = await attempt(s, 'alice', sessionOf(alice, n))
    expect([delayed.code, delayed.frames()]).toEqual([4001, []])
    expect(current.code).toBeNull()
    expect(await current.request('join', '#a')).toMatchObject({ ok: true })
    expect(s.hub.sessions).toHaveLength(1)
  })

  test('P-HS-4: the first n of a secret is 1: with 0 the connection is closed with 4001', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    expect((await attempt(s, 'alice', sessionOf(alice, 0))).code).toBe(4001)
    expect(alice.code).toBeNull()
  })

  test('P-HS-4: n may skip, and is counted per secret', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const second = await s.resume(alice, { n: 7 })
    const third = await s.resume(second, { n: 1 })
    expect(third.welcome.resumed).toBe(true)
  })

  test('P-HS-4: the first frame on the new connection kills the older secret', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const second = await s.resume(alice, { n: 1 })
    await second.say(['pong'])
    const late = await attempt(s, 'alice', sessionOf(alice, 2))
    expect(welcomeOf(late)?.resumed).toBe(false)
    expect(second.code).toBeNull()
  })

  test('P-HS-4: frames in the hello’s own transmission prove nothing', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const second = await s.open()
    await second.say(hello('alice', sessionOf(alice, 1)), ['ping', 1], ['join', 1, '#a'])
    expect(second.answered()).toEqual([1])
    const third = await s.resume(alice, { n: 2 })
    expect(third.welcome.resumed).toBe(true)
  })

  test.each([
    ['a wrong secret', (alice: RawClient) => ({ session: { id: alice.id, secret: 'x'.repeat(24), n: 1 } })],
    ['an empty secret', (alice: RawClient) => ({ session: { id: alice.id, secret: '', n: 1 } })],
    ['a session that never was', () => ({ session: { id: 'nobodyhere12', secret: 'x'.repeat(24), n: 1 } })],
    ['an id that is no id', () => ({ session: { id: '__proto__', secret: 'x', n: 1 } })],
  ])('P-HS-4, SEC-17: %s gives a fresh session like any other', async (_, extra) => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const other = await attempt(s, 'alice', extra(alice))
    expect(welcomeOf(other)).toMatchObject({ resumed: false, user: 'alice' })
    expect(welcomeOf(other)?.session.id).not.toBe(alice.id)
    expect(alice.code).toBeNull()
  })

  test('P-HS-4, SEC-17: another user’s session gives a fresh session, even with the right secret', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const mallory = await attempt(s, 'mallory', sessionOf(alice, 1))
    expect(welcomeOf(mallory)).toMatchObject({ resumed: false, user: 'mallory' })
    expect(alice.code).toBeNull()
    expect((await s.resume(alice, { n: 1 })).welcome.resumed).toBe(true)
  })

  test('P-HS-4: the store holds no secret in the clear', async () => {
    const records: unknown[] = []
    const s = stage({
      path,
      wrap: (backplane) =>
        altered(backplane, {
          sessions: {
            ...backplane.sessions,
            put: (record, node, ttl) => {
              records.push(record)
              return backplane.sessions.put(record, node, ttl)
            },
            take: (id, taken, ttl) => {
              records.push(taken)
              return backplane.sessions.take(id, taken, ttl)
            },
          },
        }),
    })
    const alice = await s.client('alice')
    const again = await s.resume(alice)
    const written = JSON.stringify(records)
    expect(written).not.toContain(alice.welcome.session.secret)
    expect(written).not.toContain(again.welcome.session.secret)
  })
})
