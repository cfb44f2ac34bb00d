import { describe, expect, test } from 'vitest'
import { hello, type RawClient } from '../../support/raw-client.ts'
import { deferred, paths, type Stage, stage } from '../../support/stage.ts'

/** A `hello` that was written long ago and arrives late. */
async function delayed(s: Stage, of: RawClient, n: number): Promise<RawClient> {
  const late = await s.open()
  await late.say(hello('alice', { session: { ...of.welcome.session, n } }))
  return late
}

const resumed = (client: RawClient) =>
  (client.frames('welcome')[0]?.[1] as RawClient['welcome'] | undefined)?.resumed

describe.each(paths)('a delayed old hello, with a backplane that is %s', (path) => {
  test('P-HS-4: that arrives after a newer hello is closed with 4001, and the newer connection keeps the session', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const current = await s.resume(alice, { n: 2 })
    const late = await delayed(s, alice, 1)
    expect([late.code, late.frames()]).toEqual([4001, []])
    expect(current.code).toBeNull()
    expect(await current.request('join', '#a')).toMatchObject({ ok: true })
    expect(s.hub.sessions.map(({ id }) => id)).toEqual([alice.id])
  })

  test('P-HS-4: that arrives after the newer secret is proven gets a fresh session', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const current = await s.resume(alice, { n: 2 })
    await current.say(['pong'])
    const late = await delayed(s, alice, 1)
    expect([late.code, resumed(late)]).toEqual([null, false])
    expect(current.code).toBeNull()
    expect(s.hub.sessions.map(({ id }) => id)).toContain(alice.id)
  })

  test('P-HS-4: that arrives while the newer hello waits for its welcome does not disturb it', async () => {
    const allowed = deferred<boolean>()
    const s = stage({ path, authorize: () => allowed.promise })
    const alice = await s.client('alice')
    const current = await s.open()
    await current.say(
      hello('alice', { session: { ...alice.welcome.session, n: 2 }, streams: { '#a': null } }),
    )
    const late = await delayed(s, alice, 1)
    allowed.resolve(true)
    await s.settle()
    expect([late.code, current.code, resumed(current)]).toEqual([4001, null, true])
  })

  test('P-HS-4: that arrives at another node is recognised there too', async () => {
    const s = stage({ path })
    s.another()
    const alice = await s.client('alice')
    const current = await s.resume(alice, { n: 2 })
    const late = await s.open({}, 2)
    await late.say(hello('alice', { session: { ...alice.welcome.session, n: 1 } }))
    expect([late.code, current.code]).toEqual([4001, null])
  })

  test('P-HS-4: that arrives after the session is forgotten gets a fresh session', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await s.drop(alice)
    await s.advance(130_000)
    const late = await delayed(s, alice, 1)
    expect([late.code, resumed(late)]).toEqual([null, false])
  })
})

describe.each(paths)('the welcome lost in transit, with a backplane that is %s', (path) => {
  test('P-HS-4: repeatedly: each attempt is answered, and the last attempt has the session and its sends', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.call(['send', 1, '#a', 'say', 'hi'])
    await s.drop(alice)
    // None of these attempts has learnt its new secret.
    for (let n = 1; n <= 5; n++) await s.drop(await s.resume(alice, { n }))
    const last = await s.resume(alice, { n: 6 })
    expect(last.welcome).toMatchObject({ resumed: true, session: { id: alice.id } })
    expect(await last.call(['send', 1, '#a', 'say', 'hi'])).toMatchObject({ result: { dup: true, at: 1 } })
  })

  test('P-HS-4: on the wire, while the connection stalls: the client comes back with its older secret', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const stalled = await s.open()
    stalled.connection.pause()
    stalled.write(hello('alice', { session: { ...alice.welcome.session, n: 1 } }))
    await s.settle()
    expect(alice.code).toBe(4509)
    await s.drop(stalled)
    expect((await s.resume(alice, { n: 2 })).welcome.resumed).toBe(true)
  })
})
