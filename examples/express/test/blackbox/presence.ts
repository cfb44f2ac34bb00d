import { describe, expect, test } from 'vitest'
import { stage } from '../support/shared.ts'
import { room } from '../support/stage.ts'

describe('who is there', () => {
  test('is in the answer to a join, the own session included, and the others are told (P-PR-1, P-PR-3)', async () => {
    const to = room()
    const alice = await stage.welcomed()
    const first = await alice.ok('join', to)
    expect(first).toMatchObject({ count: 1, members: [[alice.id, alice.user, null]], more: false })
    const bob = await stage.welcomed()
    const { version, count, members } = await bob.ok('join', to, { state: { mood: 'good' } })
    expect(count).toBe(2)
    expect(members).toContainEqual([alice.id, alice.user, null])
    expect(members).toContainEqual([bob.id, bob.user, { mood: 'good' }])
    const joins = [[bob.id, bob.user, { mood: 'good' }]]
    expect(await alice.next('presence')).toEqual(['presence', to, first.version + 1, joins, []])
    await bob.alive()
    expect([version, bob.all('presence', to)]).toEqual([first.version + 1, []])
  })

  test('says another state to everyone, itself included, one version further (P-PR-2, P-PR-3)', async () => {
    const to = room()
    const alice = await stage.welcomed()
    const { version } = await alice.ok('join', to)
    await alice.ok('state', to, 'busy')
    await alice.ok('state', to, null)
    await alice.until('two frames', () => alice.all('presence', to)[1])
    expect(alice.all('presence', to)).toEqual([
      ['presence', to, version + 1, [[alice.id, alice.user, 'busy']], []],
      ['presence', to, version + 2, [[alice.id, alice.user, null]], []],
    ])
    expect(await alice.ok('who', to)).toMatchObject({ version: version + 2, count: 1 })
  })

  test.each(['leave', 'a close with 1000', 'a close with 1001'])(
    'changes at once by %s (P-PR-3, P-PR-5)',
    async (way) => {
      const to = room()
      const [alice, bob] = [await stage.welcomed(), await stage.welcomed()]
      await bob.ok('join', to)
      const { version } = await alice.ok('join', to)
      if (way === 'leave') await bob.ok('leave', to)
      else bob.socket.close(Number(way.slice(-4)))
      expect(await alice.next('presence')).toEqual(['presence', to, version + 1, [], [bob.id]])
    },
  )

  test('does not change when a connection is lost and the session resumed (P-PR-5, P-PR-6)', async () => {
    const to = room()
    const [alice, bob] = [await stage.welcomed(), await stage.welcomed()]
    await bob.ok('join', to, { state: 'here' })
    const { version } = await alice.ok('join', to)
    await bob.cut()
    const back = await stage.resume(bob, 1, { hello: { streams: { [to]: null } } })
    const { streams } = await back.welcomed()
    expect(streams[to]).not.toHaveProperty('members')
    const here = await back.ok('who', to)
    expect(here).toMatchObject({ version, count: 2 })
    expect(here.members).toContainEqual([bob.id, bob.user, 'here'])
    await alice.alive()
    expect(alice.all('presence', to)).toEqual([])
  })

  test('is told a page at a time (P-PR-1)', async () => {
    const to = room()
    const peers = [await stage.welcomed(), await stage.welcomed(), await stage.welcomed()]
    for (const peer of peers) await peer.ok('join', to)
    const reader = await stage.welcomed()
    const seen: string[] = []
    for (let more = true; more; ) {
      const page = await reader.ok('who', to, { limit: 1, after: seen.at(-1) })
      expect(page.count).toBe(3)
      seen.push(...page.members.map(([session]) => session))
      more = page.more
    }
    expect(seen.toSorted()).toEqual(peers.map(({ id }) => id).toSorted())
  })

  test('is of rooms, and a state of rooms that are joined (P-PR-6, P-AD-2)', async () => {
    const peer = await stage.welcomed()
    expect((await peer.ask('state', room(), 1)).code).toBe('not_found')
    for (const address of ['*', `@${peer.user}`]) {
      expect(['unsupported', 'forbidden']).toContain((await peer.ask('who', address)).code)
      expect(['unsupported', 'forbidden']).toContain((await peer.ask('state', address, 1)).code)
    }
  })
})
