import { describe, expect, test } from 'vitest'
import { nested, type Place, positionOf } from '../support/frames.ts'
import { stage } from '../support/shared.ts'
import { name, room } from '../support/stage.ts'

const kibibytes16 = 16 * 1024

/** A hello of exactly so many bytes. */
function helloOf(bytes: number, letter = 'a'): string {
  const empty = JSON.stringify(['hello', { v: [1, 1], token: 'anybody', client: '' }])
  const space = bytes - empty.length
  const letters = letter.repeat(Math.floor(space / Buffer.byteLength(letter)))
  const padding = letters + 'a'.repeat(space - Buffer.byteLength(letters))
  return JSON.stringify(['hello', { v: [1, 1], token: 'anybody', client: padding }])
}

describe('welcome', () => {
  test('is the first frame and says everything (P-HS-1, P-HS-4, P-LV-3)', async () => {
    const user = name()
    const peer = await stage.welcomed({ user })
    expect(peer.frames[0]).toEqual(['welcome', expect.anything()])
    const { session, streams, expires = 1, ...rest } = peer.welcome
    expect(rest).toMatchObject({ v: 1, user, resumed: false, heartbeat: 25_000, grace: 10_000 })
    expect(['node', 'log', 'replicated']).toContain(rest.durability)
    expect(rest.features).toEqual(expect.any(Array))
    expect(rest.node).toMatch(/^.{8,}$/)
    expect(rest.limits).toMatchObject({
      frame: 65_536,
      transmission: 262_144,
      depth: 64,
      rooms: 128,
      inflight: 64,
    })
    expect(rest.limits).toMatchObject({ rate: 50, burst: 100, queue: 1_048_576, replay: 10_000 })
    expect(session.id).toMatch(/^[A-Za-z0-9_-]{8,16}$/)
    expect(session.secret.length).toBeGreaterThanOrEqual(22)
    expect(session.secret).not.toContain(session.id)
    expect(Number.isSafeInteger(expires) && expires > 0).toBe(true)
    expect(Object.keys(streams).sort()).toEqual(['*', `@${user}`])
    for (const place of Object.values(streams)) {
      expect(place).toMatchObject({ mode: 'live', epoch: expect.any(String) })
      expect(place.at).toBe(place.top)
    }
  })

  test('names one node, and another session and secret each time (P-HS-4, P-PB-5)', async () => {
    const user = name()
    const peers = await Promise.all(Array.from({ length: 8 }, () => stage.welcomed({ user })))
    const welcomes = peers.map(({ welcome }) => welcome)
    expect(new Set(welcomes.map(({ node }) => node)).size).toBe(1)
    expect(new Set(welcomes.map(({ session }) => session.id)).size).toBe(8)
    expect(new Set(welcomes.map(({ session }) => session.secret)).size).toBe(8)
  })

  test('comes before what the frames behind hello do (P-HS-2)', async () => {
    const to = room()
    const behind = [
      ['join', 1, to],
      ['send', 2, to, 'e', 1],
      ['ping', 3],
    ]
    const peer = await stage.welcomed({ behind })
    for (const ref of [1, 2]) expect((await peer.answer(ref)).code).toBe('ok')
    await peer.messages(to, 1)
    expect(peer.frames[0]?.[0]).toBe('welcome')
  })

  test('to a client that does not wait for it: all is served, or 4502 (P-HS-2)', async () => {
    const to = room()
    const peer = await stage.greet()
    for (const ref of [1, 2, 3, 4, 5]) peer.write(['send', ref, to, `e${ref}`, 1])
    const served = Promise.all([1, 2, 3, 4, 5].map((ref) => peer.answer(ref))).then(() => 'served')
    expect(['served', 4502]).toContain(await peer.orCode(served))
  })
})

describe('versions', () => {
  test.each(['[1,1]', '[0,5]', '[1,9007199254740991]', '[-3,1]'])('v %s is welcomed (P-HS-3)', async (v) => {
    const peer = await stage.connect()
    peer.text(`["hello",{"v":${v},"token":"anybody"}]`)
    expect((await peer.welcomed()).v).toBe(1)
  })

  test.each(['[2,3]', '[2,2]', '[-1,0]', '[0,0]'])(
    'v %s has no version in common: 4506 (P-HS-3)',
    async (v) => {
      const peer = await stage.connect()
      peer.text(`["hello",{"v":${v},"token":"anybody"}]`)
      expect(await peer.code()).toBe(4506)
      expect(peer.first('welcome')).toBeUndefined()
    },
  )

  test('a range that is none is refused, as broken or as without a common version (P-HS-3, P-FR-5)', async () => {
    const peer = await stage.greet({ hello: { v: [5, 0] } })
    expect([4502, 4506]).toContain(await peer.code())
  })
})

describe('authentication', () => {
  test.each([undefined, '', 'no name', 'x'.repeat(33), '__proto__', '*', '@alice'])(
    'the token %j is refused: 4501, and the reason says little (P-HS-3)',
    async (token) => {
      const to = room()
      const peer = await stage.connect()
      peer.write(['hello', { v: [1, 1], token }], ['send', 1, to, 'e', 1])
      const { code, reason } = await peer.closed
      expect(code).toBe(4501)
      expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123)
      expect(peer.first('welcome')).toBeUndefined()
      await stage.expectHistory(to, [])
    },
  )

  test('one reason is given for every refusal (P-HS-3)', async () => {
    const reasons = new Set<string>()
    for (const token of [undefined, '', 'no name', 'x'.repeat(5_000)]) {
      const peer = await stage.connect()
      peer.write(['hello', { v: [1, 1], token }])
      const { code, reason } = await peer.closed
      expect(code).toBe(4501)
      reasons.add(reason)
    }
    expect(reasons.size).toBe(1)
  })

  test('a user may be named by the address, and what hello says goes first', async () => {
    const [one, other] = [name(), name()]
    const peer = await stage.connect(`${stage.hub}?user=${one}`)
    peer.write(['hello', { v: [1, 1] }])
    expect((await peer.welcomed()).user).toBe(one)
    const second = await stage.connect(`${stage.hub}?user=${one}`)
    second.write(['hello', { v: [1, 1], token: other }])
    expect((await second.welcomed()).user).toBe(other)
  })

  test('auth with the own token is ok, and nothing changes (P-HS-9)', async () => {
    const to = room()
    const peer = await stage.welcomed({ hello: { streams: { [to]: null } } })
    await peer.ok('auth', peer.user)
    await peer.ok('send', to, 'e', 1)
    expect((await peer.messages(to, 1))[0]?.from).toBe(peer.user)
  })

  test("auth with another user's token is unauthorized, and the old credentials stand (P-HS-9)", async () => {
    const to = room()
    const peer = await stage.welcomed({ hello: { streams: { [to]: null } } })
    expect((await peer.ask('auth', name())).code).toBe('unauthorized')
    await peer.ok('send', to, 'e', 1)
    expect((await peer.messages(to, 1))[0]?.from).toBe(peer.user)
  })

  test('auth with a token that nobody accepts is refused, and the hub lives (P-HS-9)', async () => {
    const peer = await stage.welcomed()
    const answered = peer.ask('auth', 'no name').then(({ code }) => code)
    expect(['unauthorized', 4501]).toContain(await peer.orCode(answered))
    await stage.expectAlive()
  })
})

describe('the size of the first transmission (P-HS-2)', () => {
  test.each(['a', 'é', '😀'])('16 KiB of %s are welcomed, a byte more is 4514', async (letter) => {
    const peer = await stage.connect()
    peer.text(helloOf(kibibytes16, letter))
    await peer.welcomed()
    const second = await stage.connect()
    second.text(helloOf(kibibytes16 + 1, letter))
    expect(await second.code()).toBe(4514)
    expect(second.first('welcome')).toBeUndefined()
  })

  test('counts what stands behind hello', async () => {
    const peer = await stage.greet({ behind: [['send', 1, room(), 'e', 'x'.repeat(kibibytes16)]] })
    expect(await peer.code()).toBe(4514)
  })

  test('does not bind after the welcome', async () => {
    const peer = await stage.welcomed()
    await peer.ok('send', room(), 'e', 'x'.repeat(2 * kibibytes16))
  })
})

describe('streams in hello', () => {
  test('each has an entry, what is refused says why, and the rest is joined (P-HS-7, P-FR-5, P-AD-2)', async () => {
    const to = room()
    const user = name()
    const bad = ['nowhere', '', '#', '#\u0000', `#${'x'.repeat(256)}`, '__proto__', 'constructor']
    const forbidden = [`@${name()}`, '~abcdefgh']
    const names = [to, '#__proto__', '#constructor', ...bad, ...forbidden]
    const streams = Object.fromEntries(names.map((address) => [address, null]))
    const peer = await stage.welcomed({ user, hello: { streams } })
    const got = new Map(Object.entries(peer.welcome.streams))
    expect([...got.keys()].sort()).toEqual([...names, '*', `@${user}`].sort())
    for (const address of bad) expect(got.get(address)).toEqual({ mode: 'refused', code: 'bad_request' })
    for (const address of forbidden) expect(got.get(address)).toEqual({ mode: 'refused', code: 'forbidden' })
    for (const address of [to, '#__proto__', '#constructor']) expect(got.get(address)?.mode).toBe('live')
    await peer.ok('send', to, 'e', 1)
    await peer.messages(to, 1)
  })

  test.each([1, 'x', {}, [], ['e'], ['e', 1.5, 'x.1'], ['e', -1, null], ['e', 0, 'x.1'], [1, 2, 3], false])(
    'the position %j spoils just its entry (P-FR-5, P-HS-7)',
    async (position) => {
      const [bad, good] = [room(), room()]
      const peer = await stage.welcomed({ hello: { streams: { [bad]: position, [good]: null } } })
      const { [bad]: spoiled, [good]: joined } = peer.welcome.streams
      expect(spoiled).toEqual({ mode: 'refused', code: expect.any(String) })
      expect(joined?.mode).toBe('live')
      await peer.ok('send', bad, 'e', 1)
      await peer.ok('send', good, 'e', 1)
      await peer.messages(good, 1)
      expect(peer.all('msg', bad)).toEqual([])
    },
  )

  test('what is deep, large or unknown in hello is ignored (P-FR-3)', async () => {
    const peer = await stage.connect()
    peer.text(
      `["hello",{"v":[1,1],"token":"anybody","x":${nested(500)},"y":1e999,"v2":[9,9]},${nested(500)},1e999]`,
    )
    await peer.welcomed()
  })

  test('a bad position of `*` leaves the entry refused, or joins without it (P-HS-7, P-FR-5)', async () => {
    const user = name()
    const peer = await stage.welcomed({ user, hello: { streams: { '*': 5, [`@${user}`]: ['e'] } } })
    for (const address of ['*', `@${user}`]) {
      expect(['refused', 'live']).toContain(peer.welcome.streams[address]?.mode)
      await peer.ok('join', address)
      await peer.ok('send', address, 'e', 1)
      await peer.until('it', () => peer.all('msg', address).length > 0 || undefined)
    }
  })

  test('a position of `*` and of the own inbox is continued (P-HS-7, P-ST-2)', async () => {
    const user = name()
    const own = `@${user}`
    const sender = await stage.welcomed()
    for (const address of ['*', own]) await sender.ok('send', address, 'first', 1)
    const peer = await stage.welcomed({ user })
    const { '*': all, [own]: inbox } = peer.welcome.streams as Record<string, Place>
    await peer.cut()
    for (const address of ['*', own]) await sender.ok('send', address, 'missed', 1)
    const streams = { '*': positionOf(all as Place), [own]: positionOf(inbox as Place) }
    const back = await stage.resume(peer, 1, { hello: { streams } })
    await back.welcomed()
    for (const address of ['*', own]) {
      expect(back.welcome.streams[address]).toMatchObject({
        mode: 'replay',
        at: peer.welcome.streams[address]?.at,
      })
      expect((await back.messages(address, 1))[0]?.event).toBe('missed')
    }
  })
})
