import { describe, expect, test } from 'vitest'
import { nothingKept, paths, stage } from '../../support/stage.ts'

describe.each(paths)('session records, with a backplane that is %s', (path) => {
  test('P-HS-6: another node of the cluster can resume a session', async () => {
    const s = stage({ path })
    s.another()
    const alice = await s.client('alice')
    await s.drop(alice)
    const again = await s.resume(alice, { to: 2 })
    expect(again.welcome).toMatchObject({ resumed: true, session: { id: alice.id } })
    expect(again.welcome.node).not.toBe(alice.welcome.node)
  })

  test('P-HS-6: a session can be resumed for 120 seconds after its connection ended, and no longer', async () => {
    const s = stage({ path })
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    await s.drop(alice)
    await s.drop(bob)
    await s.advance(119_000)
    expect((await s.resume(alice)).welcome.resumed).toBe(true)
    await s.advance(2_000)
    expect((await s.resume(bob)).welcome.resumed).toBe(false)
  })

  test('P-HS-6: while its connection lives a session is not forgotten', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    for (let i = 0; i < 20; i++) {
      await s.advance(20_000)
      await alice.say(['pong'])
    }
    expect((await s.resume(alice)).welcome.resumed).toBe(true)
  })

  test('P-HS-6: of two concurrent attempts with one secret, exactly one gets the session', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const two = [await s.open(), await s.open()]
    for (const client of two)
      client.write(['hello', { v: [1, 1], token: 'alice', session: { ...alice.welcome.session, n: 1 } }])
    await s.settle()
    expect(two.map(({ code }) => code).toSorted()).toEqual([4001, null])
  })

  test('P-HS-6: of too many records, those that expire first are dropped first', async () => {
    const s = stage({ path, log: { sessions: 3 } })
    const alice = await s.client('alice')
    await s.drop(await s.client('b'))
    await s.drop(await s.client('c'))
    await s.advance(1_000)
    const resumed = await s.resume(alice)
    await s.client('d')
    expect(s.store.usage.sessions).toBe(3)
    expect((await s.resume(resumed)).welcome.resumed).toBe(true)
  })

  test('P-HS-6: a thousand abandoned sessions cost no more than the capacity, and nothing in the end', async () => {
    const s = stage({ path, log: { sessions: 50 } })
    for (let i = 0; i < 200; i++) await s.drop(await s.client(`user ${i % 10}`))
    expect(s.store.usage.sessions).toBe(50)
    await s.advance(200_000)
    expect(s.store.usage).toEqual(nothingKept)
  })
})
