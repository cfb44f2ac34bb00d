import { describe, expect, test } from 'vitest'
import { hello } from '../../support/raw-client.ts'
import { deferred, outcome, paths, position, stage } from '../../support/stage.ts'

describe.each(paths)('taking a session over, with a backplane that is %s', (path) => {
  test('P-HS-5: the newest connection wins, and the old one is closed with 4509', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const newest = await s.resume(alice)
    expect([alice.code, newest.code]).toEqual([4509, null])
    expect(s.hub.sessions.map(({ id }) => id)).toEqual([alice.id])
  })

  test('P-HS-5, P-ST-8: frames that arrive on a replaced connection are not executed', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const newest = await s.open()
    newest.write(hello('alice', { session: { ...alice.welcome.session, n: 1 } }))
    // The old connection is closed while these operations are under way.
    for (let i = 0; i < 40; i++) {
      await s.time.runNext()
      if (alice.connection.bufferedAmount === 0) alice.write(['send', i + 1, '#a', 'say', i])
      if (newest.frames().length > 0) break
    }
    await s.settle()
    const before = alice.answered().length
    alice.write(['send', 100, '#a', 'say', 'late'])
    await s.settle()
    expect(alice.code).toBe(4509)
    expect(alice.answered()).toHaveLength(before)
    const page = await newest.request('read', '#a')
    expect(JSON.stringify(page)).not.toContain('late')
  })

  test('P-HS-5: answers go only to the connection that asked', async () => {
    const allowed = deferred<boolean>()
    const s = stage({ path, authorize: () => allowed.promise })
    const alice = await s.client('alice')
    await alice.say(['send', 1, '#a', 'say', 'hi'])
    const newest = await s.resume(alice)
    allowed.resolve(true)
    await s.settle()
    expect([alice.answered(), newest.answered()]).toEqual([[], []])
    expect(await newest.call(['send', 1, '#a', 'say', 'hi'])).toMatchObject({ result: { dup: true, at: 1 } })
  })

  test('P-HS-5: a connection that still waits for its welcome is replaced too', async () => {
    const allowed = deferred<boolean>()
    const s = stage({ path, authorize: ({ address }) => (address === '#slow' ? allowed.promise : true) })
    const alice = await s.client('alice')
    const second = await s.open()
    await second.say(
      hello('alice', { session: { ...alice.welcome.session, n: 1 }, streams: { '#slow': null } }),
    )
    const third = await s.resume(alice, { n: 2 })
    allowed.resolve(true)
    await s.settle()
    expect([alice.code, second.code, third.code]).toEqual([4509, 4509, null])
    expect(second.frames()).toEqual([])
    expect(s.hub.rooms.size).toBe(0)
  })

  test('P-HS-5: operations of the old connection come before those of the new connection', async () => {
    const allowed = deferred<boolean>()
    const s = stage({ path, authorize: ({ event }) => (event === 'slow' ? allowed.promise : true) })
    const alice = await s.client('alice')
    await alice.say(['send', 1, '#a', 'slow', 'first'])
    const newest = await s.resume(alice)
    await newest.say(['send', 2, '#a', 'fast', 'second'])
    allowed.resolve(true)
    await s.settle()
    const page = await newest.request('read', '#a')
    expect(JSON.stringify(page)).toMatch(/first.*second/)
  })

  test('P-HS-5: a log goes on at the position that the new connection gives', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const joined = await alice.request('join', '#a')
    await s.publish('#a', 1)
    const newest = await s.resume(alice, { streams: { '#a': position(joined.ok ? joined.result : {}) } })
    await s.publish('#a', 2)
    expect(newest.messages('#a')).toEqual([
      [1, 1],
      [2, 2],
    ])
    expect(outcome(await newest.request('leave', '#a'))).toBe('ok')
  })
})
