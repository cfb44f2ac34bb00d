import { describe, expect, test } from 'vitest'
import { hello, type RawClient } from '../../support/raw-client.ts'
import { paths, stage } from '../../support/stage.ts'

/** A hub whose policy and rooms answer only when the test lets them. */
async function slowHub(path: (typeof paths)[number], slow: 'authorize' | 'rooms' | 'authenticate') {
  let open: () => void = () => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  let waits = false
  const gated = async <T>(step: typeof slow, value: T): Promise<T> => {
    if (waits && step === slow) await gate
    return value
  }
  const s = stage({
    path,
    presence: { rooms: () => gated('rooms', true) },
    authenticate: ({ token }) => gated('authenticate', { id: token ?? '' }),
    authorize: () => gated('authorize', true),
  })
  const bob = await s.client('bob', { streams: { '#room': null } })
  return { s, bob, block: () => (waits = true), release: open }
}

const seen = (client: RawClient) =>
  client
    .frames('presence')
    .flatMap(([, , , joins, leaves]) => [...(joins as [string, string][]), ...(leaves as string[])])

describe.each(paths)('a clean close during an asynchronous step, with a backplane that is %s', (path) => {
  test.each(['authorize', 'rooms', 'authenticate'] as const)(
    'P-PR-5: a client that closes while its `hello` waits for `%s` never enters its rooms',
    async (slow) => {
      const { s, bob, block, release } = await slowHub(path, slow)
      block()
      const alice = await s.open()
      await alice.say(hello('alice', { streams: { '#room': null } }))
      alice.connection.close(1000, '')
      await s.settle()
      release()
      await s.advance(1_000)
      expect(seen(bob)).toEqual([])
      expect(await s.settled(s.hub.to('#room').members())).toMatchObject([{ user: 'bob' }])
    },
  )

  test.each(['authorize', 'rooms'] as const)(
    'P-PR-5: a client that closes while its join waits for `%s` never enters the room',
    async (slow) => {
      const { s, bob, block, release } = await slowHub(path, slow)
      const alice = await s.client('alice')
      block()
      await alice.say(['join', 1, '#room'])
      alice.connection.close(1000, '')
      await s.settle()
      release()
      await s.advance(1_000)
      expect(seen(bob)).toEqual([])
      expect(await s.settled(s.hub.to('#room').members())).toMatchObject([{ user: 'bob' }])
    },
  )

  test('P-PR-5: a client that closes while it resumes leaves the room at once, without the grace', async () => {
    const { s, block, release } = await slowHub(path, 'authorize')
    const alice = await s.client('alice', { streams: { '#room': null } })
    await s.drop(alice)
    block()
    const again = await s.open()
    const session = { id: alice.id, secret: alice.welcome.session.secret, n: 1 }
    await again.say(hello('alice', { session, streams: { '#room': null } }))
    again.connection.close(1000, '')
    await s.settle()
    release()
    await s.advance(1_000)
    expect(await s.settled(s.hub.to('#room').members())).toMatchObject([{ user: 'bob' }])
  })
})
