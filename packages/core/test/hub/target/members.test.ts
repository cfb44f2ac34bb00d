import { describe, expect, test } from 'vitest'
import { altered, paths, stage } from '../../support/stage.ts'

const presence = { rooms: (address: string) => address !== '#quiet' }

describe.each(paths)('hub.to(room).members(), with a backplane that is %s', (path) => {
  test('gives the members of a room on all nodes, with their states', async () => {
    const s = stage({ path, presence })
    const other = s.another()
    const alice = await s.client('alice')
    const bob = await s.client('bob', {}, 2)
    await alice.request('join', '#a', { state: { mood: 'fine' } })
    await bob.request('join', '#a')
    await bob.request('join', '#b')
    for (const hub of [s.hub, other]) {
      const asked = hub.to('#a').members()
      await s.settle()
      expect((await asked).toSorted((a, b) => (a.user < b.user ? -1 : 1))).toEqual([
        { session: alice.id, user: 'alice', state: { mood: 'fine' } },
        { session: bob.id, user: 'bob', state: null },
      ])
    }
  })

  test('a session that lost its connection is a member for its grace, a session that left is not', async () => {
    const s = stage({ path, presence: { grace: 5_000 } })
    const users = async (): Promise<string[]> => {
      const asked = s.hub.to('#a').members()
      await s.settle()
      return (await asked).map(({ user }) => user)
    }
    expect(await users()).toEqual([])
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    for (const client of [alice, bob]) await client.request('join', '#a')
    await bob.request('leave', '#a')
    await s.drop(alice)
    expect(await users()).toEqual(['alice'])
    await s.advance(5_100)
    expect(await users()).toEqual([])
  })

  test.each([
    ['what is no room', '*', 'it is not a room'],
    ['a person', '@alice', 'it is not a room'],
    ['a session', '~s', 'it is not a room'],
    ['a room without presence', '#quiet', 'it has no presence'],
  ])('%s is wrong use, which rejects', async (_, address, reason) => {
    const s = stage({ path, presence })
    await expect(s.hub.to(address).members()).rejects.toThrow(reason)
    await expect(s.hub.to(address).members()).rejects.toMatchObject({ name: 'UsageError' })
  })

  test('a hub without presence rejects with the reason', async () => {
    await expect(stage({ path }).hub.to('#a').members()).rejects.toThrow('it has no presence')
  })

  test('a hub whose backplane is out of reach rejects as unavailable, with the cause', async () => {
    const cause = new Error('the wire is cut')
    const s = stage({
      path,
      presence,
      wrap: (real) => altered(real, { presence: { ...real.presence, members: () => Promise.reject(cause) } }),
    })
    await expect(s.hub.to('#a').members()).rejects.toMatchObject({ code: 'unavailable', cause })
  })
})
