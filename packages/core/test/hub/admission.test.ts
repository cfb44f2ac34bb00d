import type { User } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { hello, type RawClient } from '../support/raw-client.ts'
import { paths, type Stage, stage } from '../support/stage.ts'

/** Several connections that say hello in one breath. */
async function crowd(s: Stage, names: readonly string[], to = 1): Promise<RawClient[]> {
  const clients: RawClient[] = []
  for (let i = 0; i < names.length; i++) clients.push(await s.open({}, to))
  for (const [i, client] of clients.entries()) client.write(hello(names[i]))
  await s.settle()
  return clients
}

const codes = (clients: readonly RawClient[]): (number | null)[] => clients.map(({ code }) => code)
const times = (count: number, name: string): string[] => Array.from({ length: count }, () => name)

describe.each(paths)('the number of connections, with a backplane that is %s', (path) => {
  test('SEC-12: is bounded for each user, and nobody else notices', async () => {
    const s = stage({ path, limits: { connectionsPerUser: 3 } })
    const hers = await crowd(s, times(5, 'alice'))
    expect(codes(hers)).toEqual([null, null, null, 4013, 4013])
    expect(codes(await crowd(s, ['bob']))).toEqual([null])
    expect(s.hub.counters.refusedConnections).toBe(2)
    expect(s.store.usage.sessions).toBe(4)
  })

  test('SEC-12: is bounded for the node, before anything is read', async () => {
    let asked = 0
    const s = stage({
      path,
      limits: { connections: 2 },
      authenticate: ({ token }) => {
        asked++
        return { id: token ?? '' }
      },
    })
    const all = await crowd(s, ['alice', 'bob', 'carol'])
    expect(codes(all)).toEqual([null, null, 4013])
    expect([asked, s.hub.counters.refusedConnections]).toEqual([2, 1])
  })

  test('SEC-12: a place is free again when a connection has ended, however it did', async () => {
    const s = stage({ path, limits: { connectionsPerUser: 1, connections: 2 } })
    const endings = [
      (client: RawClient) => s.drop(client),
      (client: RawClient) => client.say('not a frame'),
      () => s.hub.sessions[0]?.close(),
      () => void s.hub.kick('@alice'),
    ]
    for (const end of endings) {
      const alice = await s.client('alice')
      expect(codes(await crowd(s, ['alice']))).toEqual([4013])
      await end(alice)
      await s.settle()
    }
    expect(codes(await crowd(s, ['alice', 'bob', 'carol']))).toEqual([null, null, 4013])
  })

  test('P-HS-5: who resumes takes the place of its older connection', async () => {
    const s = stage({ path, limits: { connectionsPerUser: 1 } })
    const alice = await s.client('alice')
    const again = await s.resume(alice)
    expect(again.welcome.resumed).toBe(true)
    expect(codes([alice, again])).toEqual([4509, null])
    expect(codes(await crowd(s, ['alice']))).toEqual([4013])
  })

  test('P-HS-4: who was refused resumes later with the same secret', async () => {
    const s = stage({ path, limits: { connectionsPerUser: 1 } })
    s.another()
    const [there, here] = [await s.client('alice', {}, 2), await s.client('alice')]
    await s.drop(there)
    const refused = await s.open()
    await refused.say(hello('alice', { session: { ...there.welcome.session, n: 1 } }))
    expect(refused.code).toBe(4013)
    await s.drop(here)
    expect((await s.resume(there, { n: 2 })).welcome.resumed).toBe(true)
  })

  test('people who are nobody in particular do not count together', async () => {
    const s = stage({
      path,
      limits: { connectionsPerUser: 1 },
      authenticate: (): User => ({ id: 'guest', anonymous: true }),
    })
    expect(codes(await crowd(s, times(3, 'guest')))).toEqual([null, null, null])
  })
})
