import { describe, expect, test } from 'vitest'
import { hello } from '../support/raw-client.ts'
import { altered, deferred, outcome, paths, stage } from '../support/stage.ts'

describe.each(paths)('a hub that is closed, with a backplane that is %s', (path) => {
  test('P-LV-5: sends bye with 4001 and a delay for coming back, spread over the deadline', async () => {
    const s = stage({ path })
    const clients = await Promise.all(Array.from({ length: 20 }, () => s.client('alice')))
    const closed = s.hub.close({ deadline: 10_000 })
    await s.settle()
    const delays = clients.map((client) => {
      expect(client.frames('bye')).toEqual([
        ['bye', 4001, expect.any(String), { retryAfter: expect.any(Number) }],
      ])
      expect(client.code).toBeNull()
      const [{ retryAfter }] = client.frames('bye').map((frame) => frame[3] as { retryAfter: number }) as [
        { retryAfter: number },
      ]
      return retryAfter
    })
    for (const delay of delays) expect(delay >= 0 && delay <= 10_000).toBe(true)
    expect(new Set(delays).size).toBeGreaterThan(15)
    await s.advance(11_000)
    await closed
  })

  test('P-LV-5: refuses new handshakes with 4001', async () => {
    const s = stage({ path })
    await s.client('alice')
    const closed = s.hub.close()
    expect(s.hub.closing).toBe(true)
    const bob = await s.open()
    await bob.say(hello('bob'))
    expect([bob.code, bob.frames()]).toEqual([4001, []])
    await s.advance(10_000)
    await closed
  })

  test('P-LV-5: closes a connection that waits for its welcome with 4001 at once', async () => {
    const s = stage({ path, authenticate: () => deferred<never>().promise })
    const alice = await s.open()
    await alice.say(hello('t'))
    const closed = s.hub.close()
    await s.settle()
    expect([alice.code, alice.frames()]).toEqual([4001, []])
    await s.advance(10_000)
    await closed
  })

  test('P-LV-5, S-24: finishes operations under way, and closes the remaining connections with 4001 at the deadline', async () => {
    const allowed = deferred<boolean>()
    const s = stage({ path, authorize: () => allowed.promise })
    const alice = await s.client('alice')
    await alice.say(['send', 1, '#a', 'say', 'hi'])
    const closed = s.hub.close({ deadline: 5_000 })
    await s.settle()
    allowed.resolve(true)
    await s.settle()
    expect(outcome(alice.answer(1))).toBe('ok')
    await s.advance(4_000)
    expect(alice.code).toBeNull()
    await s.advance(1_500)
    expect(alice.code).toBe(4001)
    await closed
  })

  test('P-LV-5: without another node, closes a client that has read the bye once its operations are answered', async () => {
    const allowed = deferred<boolean>()
    const s = stage({ path, authorize: () => allowed.promise })
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    await alice.say(['send', 1, '#a', 'say', 'hi'])
    let closed = false
    void s.hub.close({ deadline: 60_000 }).then(() => {
      closed = true
    })
    await s.settle()
    for (const client of [alice, bob]) await client.say(['pong', client.frames('ping').at(-1)?.[1]])
    await s.advance(100)
    expect([alice.code, bob.code, closed]).toEqual([null, 4001, false])
    allowed.resolve(true)
    await s.advance(100)
    expect([outcome(alice.answer(1)), alice.code, closed]).toEqual(['ok', 4001, true])
  })

  test('P-LV-5: a client whose ask is open is closed after its answer', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const asked = s.hub.to('@alice').ask('confirm', null)
    await s.settle()
    const closed = s.hub.close({ deadline: 60_000 })
    await s.settle()
    await alice.say(['pong', alice.frames('ping').at(-1)?.[1]])
    await s.advance(5_000)
    expect(alice.code).toBeNull()
    await alice.say(['reply', 1, 'yes'])
    expect(await asked).toBe('yes')
    await s.advance(100)
    await closed
  })

  test('P-LV-5: while another node is alive, clients have until the deadline to move there', async () => {
    const s = stage({ path })
    s.another()
    const alice = await s.client('alice')
    const closed = s.hub.close({ deadline: 10_000 })
    await s.settle()
    await alice.say(['pong', alice.frames('ping').at(-1)?.[1]])
    await s.advance(9_000)
    expect(alice.code).toBeNull()
    await s.advance(2_000)
    expect(alice.code).toBe(4001)
    await closed
  })

  test('P-LV-5: does not wait for the deadline after the last connection has closed', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    let closed = false
    void s.hub.close({ deadline: 60_000 }).then(() => {
      closed = true
    })
    await s.settle()
    expect(closed).toBe(false)
    alice.connection.close(1000, '')
    await s.settle()
    expect(closed).toBe(true)
  })

  test('P-LV-5: aborts a connection whose peer never answers the close', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    alice.connection.pause()
    let closed = false
    void s.hub.close({ deadline: 1_000 }).then(() => {
      closed = true
    })
    await s.advance(8_000)
    expect(closed).toBe(true)
    expect(s.hub.sessions).toEqual([])
  })

  test('P-LV-5: ends at its deadline, also when a peer never answers the close', async () => {
    const s = stage({ path })
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    alice.connection.pause()
    let closedAt = 0
    const start = s.time.now
    void s.hub.close({ deadline: 4_000 }).then(() => {
      closedAt = s.time.now - start
    })
    await s.advance(3_500)
    expect(bob.code).toBeNull()
    await s.advance(10_000)
    expect(bob.code).toBe(4001)
    expect(closedAt).toBeGreaterThanOrEqual(4_000)
    expect(closedAt).toBeLessThan(4_050)
  })

  test('P-LV-5: ends although the backplane never answers again', async () => {
    let dead = false
    const silent = (): Promise<never> => new Promise(() => {})
    const s = stage({
      path,
      wrap: (backplane) => {
        const { presence } = backplane
        const leave: typeof presence.leave = (...given) => (dead ? silent() : presence.leave(...given))
        return altered(backplane, { presence: { ...presence, leave } })
      },
    })
    await s.client('alice')
    dead = true
    let closed = false
    void s.hub.close({ deadline: 2_000 }).then(() => {
      closed = true
    })
    await s.advance(3_100)
    expect(closed).toBe(true)
  })

  test('P-LV-5: a connection that arrives meanwhile is closed with 4001 at once, and not waited for', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    let closed = false
    void s.hub.close({ deadline: 60_000 }).then(() => {
      closed = true
    })
    const bob = await s.open()
    await s.settle()
    expect(bob.code).toBe(4001)
    alice.connection.close(1000, '')
    await s.settle()
    expect(closed).toBe(true)
  })

  test('P-LV-5: no client is told to come back at once', async () => {
    const s = stage({ path })
    const clients = await Promise.all(Array.from({ length: 30 }, () => s.client('alice')))
    const closed = s.hub.close({ deadline: 200 })
    await s.settle()
    for (const client of clients)
      expect(client.frames('bye')[0]?.[3]).toSatisfy(({ retryAfter }) => retryAfter >= 100)
    await s.advance(2_000)
    await closed
  })

  test('P-LV-5: a second close waits for the same end', async () => {
    const s = stage({ path })
    const closed = s.hub.close()
    expect(s.hub.close()).toBe(closed)
    await s.settle()
    await closed
  })

  test('P-LV-5: leaves no timer behind', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.request('join', '#a')
    await alice.request('send', '#a', 'say', 'hi')
    const closed = s.hub.close({ deadline: 1_000 })
    await s.advance(5_000)
    await closed
    expect(s.time.pending).toBe(0)
  })
})
