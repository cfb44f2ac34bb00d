import { describe, expect, test } from 'vitest'
import type { RawClient } from '../../support/raw-client.ts'
import { listedNode, outcome, paths, type Stage, stage } from '../../support/stage.ts'

const presence = { rooms: (address: string) => address.startsWith('#') }

/** Returns the presence frames that came since the last call. */
const told = (client: RawClient): unknown[] =>
  client
    .news()
    .filter(([type]) => type === 'presence')
    .map(([, , ...rest]) => rest)

const who = async (client: RawClient, options?: object): Promise<unknown> => {
  const answer = await client.request('who', '#a', ...(options === undefined ? [] : [options]))
  return answer.ok ? answer.result : answer.code
}

const enter = async (s: Stage, name: string, state?: unknown, to = 1): Promise<RawClient> => {
  const client = await s.client(name, {}, to)
  await client.request('join', '#a', ...(state === undefined ? [] : [{ state }]))
  await s.advance(0)
  return client
}

describe.each(paths)('presence, with a backplane that is %s', (path) => {
  test('P-PR-1: the answer to a join has the members, the own session included; the other clients get the difference', async () => {
    const s = stage({ path, presence })
    const alice = await enter(s, 'alice', { mood: 'fine' })
    alice.news()
    const bob = await s.client('bob')
    const joined = await bob.request('join', '#a', { state: 1 })
    const members = [
      [alice.id, 'alice', { mood: 'fine' }],
      [bob.id, 'bob', 1],
    ].toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))
    expect(joined).toMatchObject({ ok: true, result: { count: 2, members, more: false } })
    const version = joined.ok ? joined.result['version'] : null
    expect(told(alice)).toEqual([[version, [[bob.id, 'bob', 1]], []]])
    expect(told(bob)).toEqual([])
    expect(await who(bob)).toEqual({ version, count: 2, members, more: false })
  })

  test('P-PR-2, P-PR-3: each frame is one version further; a state is an upsert, sent to its own session too', async () => {
    const s = stage({ path, presence })
    const alice = await enter(s, 'alice')
    const bob = await enter(s, 'bob')
    const [first] = told(alice).at(-1) as [number]
    told(bob)
    expect(outcome(await bob.request('state', '#a', 'busy'))).toBe('ok')
    await s.advance(0)
    expect(told(alice)).toEqual([[first + 1, [[bob.id, 'bob', 'busy']], []]])
    expect(told(bob)).toEqual([[first + 1, [[bob.id, 'bob', 'busy']], []]])
    await bob.request('leave', '#a')
    await s.advance(0)
    expect(told(alice)).toEqual([[first + 2, [], [bob.id]]])
    expect(told(bob)).toEqual([])
    expect(await who(alice)).toEqual({
      version: first + 2,
      count: 1,
      members: [[alice.id, 'alice', null]],
      more: false,
    })
  })

  test('P-PR-4: above the maximum a room is only counted, at most once a second; below it every client asks again', async () => {
    const s = stage({ path, presence: { ...presence, max: 2 } })
    const alice = await enter(s, 'alice')
    await enter(s, 'bob')
    const [version] = told(alice).at(-1) as [number]
    const others = [await enter(s, 'carol'), await enter(s, 'dave'), await enter(s, 'erin')]
    await s.advance(1_100)
    const counts = told(alice) as [number, unknown[], unknown[], number][]
    expect(counts.at(-1)).toEqual([version + counts.length, [], [], 5])
    expect(counts.length).toBeLessThanOrEqual(2)
    for (const other of others) await other.request('leave', '#a')
    await s.advance(2_100)
    const after = told(alice) as [number, unknown[], unknown[]][]
    const last = after.at(-1)?.[0] ?? 0
    expect(last).toBe(version + counts.length + after.length + 1)
    expect(await who(alice)).toMatchObject({ version: last, count: 2 })
  })

  test('P-PR-5: a session that comes back within the grace causes no leave and no join; after the grace it has left', async () => {
    const s = stage({ path, presence })
    const alice = await enter(s, 'alice')
    const bob = await enter(s, 'bob', 'there')
    told(alice)
    await s.drop(bob)
    await s.advance(9_000)
    const again = await s.resume(bob, { streams: { '#a': null } })
    await s.advance(15_000)
    expect(told(alice)).toEqual([])
    expect(await who(again)).toMatchObject({ count: 2 })
    await s.drop(again)
    await s.advance(9_900)
    expect(told(alice)).toEqual([])
    await s.advance(1_000)
    expect(told(alice)).toMatchObject([[expect.any(Number), [], [bob.id]]])
  })

  test.each([1000, 1001])(
    'P-PR-5: a client that closes the connection with %i has left at once; the session can be resumed, with its state',
    async (code) => {
      const s = stage({ path, presence })
      const alice = await enter(s, 'alice')
      const bob = await enter(s, 'bob', 'there')
      told(alice)
      bob.connection.close(code, '')
      await s.advance(100)
      expect(told(alice)).toMatchObject([[expect.any(Number), [], [bob.id]]])
      await s.resume(bob, { streams: { '#a': null } })
      await s.advance(100)
      expect(told(alice)).toMatchObject([[expect.any(Number), [[bob.id, 'bob', 'there']], []]])
    },
  )

  test.each(['the hub has closed with 1000', 'the client has moved after a bye'])(
    'P-PR-5: when %s, the session has its grace',
    async (why) => {
      const s = stage({ path, presence })
      const alice = await enter(s, 'alice')
      const bob = await enter(s, 'bob')
      told(alice)
      if (why.startsWith('the hub')) s.hub.sessions.find(({ id }) => id === bob.id)?.close(1000)
      else {
        void s.hub.close({ deadline: 5_000 })
        await s.settle()
        bob.connection.close(1000, '')
      }
      await s.advance(4_000)
      expect(bob.ended?.code).toBe(1000)
      expect(told(alice)).toEqual([])
    },
  )

  test('P-PR-6: hello joins a room with the state it had in this session, also after the grace', async () => {
    const s = stage({ path, presence })
    const alice = await enter(s, 'alice')
    const bob = await enter(s, 'bob', 'there')
    await s.drop(bob)
    await s.advance(20_000)
    told(alice)
    const again = await s.resume(bob, { streams: { '#a': null } })
    await s.advance(100)
    expect(Object.keys(again.welcome.streams['#a'] ?? {})).not.toContain('members')
    expect(told(alice)).toMatchObject([[expect.any(Number), [[bob.id, 'bob', 'there']], []]])
  })

  test('P-PR-6: a state in a room that is not joined is not found', async () => {
    const s = stage({ path, presence })
    const alice = await s.client('alice')
    expect(outcome(await alice.request('state', '#a', 1))).toBe('not_found')
  })

  test('P-PR-1: a page of who goes on after a session, also when that session has left', async () => {
    const s = stage({ path, presence })
    const clients = [await enter(s, 'a'), await enter(s, 'b'), await enter(s, 'c')]
    const ids = clients.map(({ id }) => id).toSorted()
    const reader = clients.find(({ id }) => id === ids[2])
    const leaver = clients.find(({ id }) => id === ids[0])
    if (reader === undefined || leaver === undefined) throw new Error('three clients')
    expect(await who(reader, { limit: 1 })).toMatchObject({
      count: 3,
      more: true,
      members: [[ids[0]]].map(([id]) => [id, expect.anything(), null]),
    })
    await leaver.request('leave', '#a')
    await s.advance(0)
    expect(await who(reader, { after: ids[0] })).toMatchObject({
      count: 2,
      more: false,
      members: [ids[1], ids[2]].map((id) => [id, expect.anything(), null]),
    })
  })

  test('P-LV-3: a state over its limit is too_large, and no client is told', async () => {
    const s = stage({ path, presence: { ...presence, state: 10 } })
    const alice = await enter(s, 'alice')
    expect(outcome(await alice.request('state', '#a', 'x'.repeat(20)))).toBe('too_large')
    const bob = await s.client('bob')
    expect(outcome(await bob.request('join', '#a', { state: 'x'.repeat(20) }))).toBe('too_large')
    expect(told(alice)).toEqual([])
  })

  test('a room that every session has left costs nothing', async () => {
    const s = stage({ path, presence })
    const alice = await enter(s, 'alice', 'here')
    await alice.request('leave', '#a')
    await s.drop(alice)
    await s.advance(200_000)
    expect(s.store.presence.size).toBe(listedNode.presence)
  })
})
