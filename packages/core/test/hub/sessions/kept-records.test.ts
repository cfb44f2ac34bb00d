import { describe, expect, test } from 'vitest'
import { deferred, paths, stage } from '../../support/stage.ts'

describe.each(paths)('session records above the capacity, with a backplane that is %s', (path) => {
  test('P-HS-6: strangers who come and go do not push out the session of a client that is connected', async () => {
    const s = stage({ path, log: { sessions: 20 } })
    const alice = await s.client('alice')
    for (let i = 0; i < 100; i++) await s.drop(await s.client(`stranger ${i}`))
    expect(s.store.usage.sessions).toBe(20)
    expect((await s.resume(alice)).welcome.resumed).toBe(true)
  })

  test('P-HS-6: the same holds for a session that was resumed', async () => {
    const s = stage({ path, log: { sessions: 20 } })
    const alice = await s.client('alice')
    await s.drop(alice)
    const again = await s.resume(alice)
    for (let i = 0; i < 100; i++) await s.drop(await s.client(`stranger ${i}`))
    await s.drop(again)
    expect((await s.resume(again)).welcome.resumed).toBe(true)
  })

  test('P-HS-6: the same holds after the record was renewed', async () => {
    const s = stage({ path, log: { sessions: 20 } })
    const alice = await s.client('alice')
    for (let i = 0; i < 3; i++) {
      await s.advance(30_000)
      await alice.say(['pong'])
    }
    for (let i = 0; i < 100; i++) await s.drop(await s.client(`stranger ${i}`))
    expect((await s.resume(alice)).welcome.resumed).toBe(true)
  })

  test('P-HS-6: sessions whose clients never wrote a frame go before those that were used', async () => {
    const s = stage({ path, log: { sessions: 20 } })
    const alice = await s.client('alice')
    await alice.request('join', '#a')
    await s.drop(alice)
    for (let i = 0; i < 100; i++) await s.drop(await s.client(`stranger ${i}`))
    expect((await s.resume(alice)).welcome.resumed).toBe(true)
  })

  test('P-HS-6: of sessions that were used, those that ended first go first', async () => {
    const s = stage({ path, log: { sessions: 20 } })
    const clients = []
    for (let i = 0; i < 25; i++) {
      const client = await s.client(`user ${i}`)
      await client.say(['pong'])
      await s.drop(client)
      clients.push(client)
    }
    const resumed = []
    for (const client of clients.toReversed()) resumed.push((await s.resume(client)).welcome.resumed)
    expect(resumed).toEqual(Array.from({ length: 25 }, (_, i) => i < 20))
  })

  test('P-HS-6: more clients than the capacity may be connected, and each can resume', async () => {
    const s = stage({ path, log: { sessions: 5 } })
    const clients = []
    for (let i = 0; i < 12; i++) clients.push(await s.client(`user ${i}`))
    for (const client of clients) expect((await s.resume(client)).welcome.resumed).toBe(true)
    for (const session of s.hub.sessions) session.close(1000)
    await s.settle()
    await s.advance(200_000)
    expect(s.store.usage.sessions).toBe(0)
  })

  test('P-HS-6: a handshake that is given up leaves no record that counts as connected', async () => {
    const s = stage({
      path,
      log: { sessions: 20 },
      authorize: ({ action, user }) =>
        action === 'join' && user.id !== 'alice' ? deferred<boolean>().promise : true,
    })
    for (let i = 0; i < 60; i++) {
      const stranger = await s.open()
      await stranger.say(['hello', { v: [1, 1], token: `stranger ${i}`, streams: { '#a': null } }])
      await s.drop(stranger)
    }
    expect(s.store.usage.sessions).toBe(20)
  })
})
