import { describe, expect, test } from 'vitest'
import { hello } from '../../support/raw-client.ts'
import { nobody, ScriptedConnection } from '../../support/scripted-connection.ts'
import { deferred, stage } from '../../support/stage.ts'

describe('signs of life', () => {
  test('P-LV-1: a silent connection is pinged after a heartbeat, and closed with 4012 after two', async () => {
    const s = stage()
    const alice = await s.client('alice')
    await s.advance(24_900)
    expect(alice.frames('ping')).toHaveLength(0)
    await s.advance(1_500)
    expect(alice.frames('ping')).toEqual([['ping']])
    await s.advance(23_000)
    expect([alice.frames('ping').length, alice.code]).toEqual([1, null])
    await s.advance(2_500)
    expect(alice.code).toBe(4012)
    expect(s.hub.sessions).toEqual([])
  })

  test('P-LV-1: a client that answers each ping stays, and is pinged once a heartbeat', async () => {
    const s = stage()
    const alice = await s.client('alice')
    for (let i = 1; i <= 10; i++) {
      await s.advance(26_000)
      await alice.say(['pong'])
      expect(alice.frames('ping')).toHaveLength(i)
    }
    expect(alice.code).toBeNull()
  })

  test('P-LV-1: a hub that has written nothing for a heartbeat pings, also when it has heard the client', async () => {
    const s = stage()
    const alice = await s.client('alice')
    for (let i = 0; i < 30; i++) {
      await s.advance(1_000)
      await alice.say(['cast', '#nobody', 'typing', i])
    }
    expect(alice.frames('ping')).toHaveLength(1)
  })

  test('P-LV-1: a hub that writes all the time pings a silent client too', async () => {
    const s = stage()
    const alice = await s.client('alice')
    for (let i = 0; i < 49; i++) {
      await s.advance(1_000)
      s.hub.to('@alice').cast('tick', i)
    }
    expect(alice.frames('ping')).toHaveLength(1)
    await s.advance(3_000)
    expect(alice.code).toBe(4012)
  })

  test('P-LV-1: while both sides write, there is no ping', async () => {
    const s = stage()
    const alice = await s.client('alice')
    for (let i = 1; i < 60; i++) {
      await s.advance(2_000)
      await alice.say(['ping', i])
    }
    expect(alice.frames('ping')).toEqual([])
    expect(alice.frames('pong').at(-1)).toEqual(['pong', 59])
  })

  test('P-LV-1: any inbound byte counts as life, also of an incomplete transmission', async () => {
    const { hub, time } = stage()
    const connection = new ScriptedConnection()
    hub.accept(connection, nobody)
    connection.deliver(JSON.stringify(hello('alice')))
    for (let i = 0; i < 20; i++) {
      await time.advance(5_000)
      connection.trickle()
    }
    expect(connection.closedWith).toBeNull()
    await time.advance(52_000)
    expect(connection.closedWith?.code).toBe(4012)
  })

  test('P-LV-1: the heartbeat can be set, and is named in the welcome', async () => {
    const s = stage({ timeouts: { heartbeat: 2_000, heartbeatGrace: 700 } })
    const alice = await s.client('alice')
    expect(alice.welcome).toMatchObject({ heartbeat: 2_000, grace: 700 })
    await s.advance(2_200)
    expect(alice.frames('ping')).toHaveLength(1)
    await s.advance(2_000)
    expect(alice.code).toBe(4012)
  })

  test('P-LV-1: a ping is answered at once, with its value', async () => {
    const s = stage()
    const alice = await s.client('alice')
    await alice.say(['ping'])
    await alice.say(['ping', 0])
    await alice.say(['ping', -5])
    expect(alice.frames('pong')).toEqual([['pong'], ['pong', 0], ['pong', -5]])
  })

  test('P-LV-1: a silent connection that waits for its welcome is closed too', async () => {
    const s = stage({
      wrap: (backplane) => backplane,
      authenticate: () => ({ id: 'alice' }),
      timeouts: { policy: 200_000 },
      authorize: () => deferred<boolean>().promise,
    })
    const alice = await s.open()
    await alice.say(hello('t', { streams: { '#a': null } }))
    await s.advance(52_000)
    expect([alice.code, alice.frames()]).toEqual([4012, []])
  })
})
