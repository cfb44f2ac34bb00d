import { describe, expect, test } from 'vitest'
import { hello } from '../../support/raw-client.ts'
import { stage } from '../../support/stage.ts'

describe('the first frame', () => {
  test.each([
    ['a join', ['join', 1, '#a']],
    ['a ping', ['ping', 1]],
    ['a pong', ['pong']],
    ['a reply', ['reply', 1, 'yes']],
    ['a type nobody knows', ['teleport', 1]],
  ])(
    'P-HS-1, SEC-03: a connection that begins with %s is closed with 4502, and nothing is executed',
    async (_, frame) => {
      const s = stage()
      const alice = await s.open()
      await alice.say(frame, hello('alice'))
      expect(alice.code).toBe(4502)
      expect(alice.frames()).toEqual([])
      expect([s.hub.sessions, s.hub.rooms.size]).toEqual([[], 0])
    },
  )

  test('P-HS-1, SEC-03: a second hello closes the connection with 4502, and the frames behind it are not executed', async () => {
    const s = stage()
    const alice = await s.client('alice')
    await alice.say(hello('mallory'), ['join', 1, '#a'])
    expect(alice.code).toBe(4502)
    expect(alice.frames().map(([type]) => type)).toEqual(['welcome'])
    expect(s.hub.sessions).toEqual([])
  })

  test('P-HS-1: a second hello in the same transmission counts too', async () => {
    const s = stage()
    const alice = await s.open()
    await alice.say(hello('alice'), hello('alice'))
    expect(alice.code).toBe(4502)
  })

  test('P-HS-1: the welcome is the first frame, also when a listener of $connect sends at once', async () => {
    const s = stage()
    s.hub.on('$connect', ({ session }) => {
      s.hub.to(`@${session.user.id}`).cast('greeting', 'hi')
      s.hub.to('#a').cast('news', `${session.user.id} is here`)
    })
    s.hub.on('$join', ({ session, address }) => s.hub.to(address).cast('joined', session.user.id))
    const alice = await s.client('alice', { streams: { '#a': null } })
    expect(alice.frames()[0]?.[0]).toBe('welcome')
    expect(
      alice
        .frames('cast')
        .map((frame) => frame[2])
        .toSorted(),
    ).toEqual(['greeting', 'joined', 'news'])
  })

  test('P-HS-1: the welcome carries session, limits, heartbeat, durability and streams', async () => {
    const s = stage({ authenticate: () => ({ id: 'alice', expiresIn: 90_000 }) })
    const alice = await s.client('t')
    expect(alice.welcome).toEqual({
      v: 1,
      session: { id: expect.any(String), secret: expect.any(String) },
      user: 'alice',
      resumed: false,
      node: s.hub.node,
      heartbeat: 25_000,
      grace: 10_000,
      limits: {
        frame: 65_536,
        transmission: 262_144,
        depth: 64,
        rooms: 128,
        streams: 64,
        inflight: 64,
        rate: 50,
        burst: 100,
        queue: 1_048_576,
        replay: 10_000,
      },
      durability: 'node',
      features: [],
      expires: 90_000,
      streams: {
        '*': { epoch: expect.any(String), at: 0, id: null, top: 0, mode: 'live' },
        '@alice': { epoch: expect.any(String), at: 0, id: null, top: 0, mode: 'live' },
      },
    })
  })
})
