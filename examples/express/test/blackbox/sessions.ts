import { describe, expect, test } from 'vitest'
import { RawSocket } from '../support/raw-socket.ts'
import { stage } from '../support/shared.ts'
import { name, room } from '../support/stage.ts'

describe('resuming', () => {
  test('keeps the session and gives a new secret (P-HS-4)', async () => {
    const peer = await stage.welcomed()
    await peer.cut()
    const back = await stage.resume(peer, 1)
    const { session, resumed, user } = await back.welcomed()
    expect({ id: session.id, resumed, user }).toEqual({ id: peer.id, resumed: true, user: peer.user })
    expect(session.secret).not.toBe(peer.welcome.session.secret)
  })

  test('works again and again, n from 1 with each secret (P-HS-4)', async () => {
    let peer = await stage.welcomed()
    const { id } = peer
    for (let times = 0; times < 4; times++) {
      await peer.alive()
      await peer.cut()
      peer = await stage.resume(peer, 1)
      expect(await peer.welcomed()).toMatchObject({ resumed: true, session: { id } })
    }
  })

  test('the old secret lives until a frame arrives on the new connection (P-HS-4)', async () => {
    const first = await stage.welcomed()
    const lost = await stage.resume(first, 1)
    await lost.welcomed()
    const second = await stage.resume(first, 2)
    expect(await second.welcomed()).toMatchObject({ resumed: true, session: { id: first.id } })
    expect(await lost.code()).toBe(4509)
    await second.alive()
    const late = await stage.resume(first, 3)
    expect(await late.welcomed()).toMatchObject({ resumed: false })
    expect(late.id).not.toBe(first.id)
    await second.alive()
  })

  test('a new secret takes the place of the newest, which is dead then (P-HS-4)', async () => {
    const first = await stage.welcomed()
    const lost = await stage.resume(first, 1)
    await lost.welcomed()
    const second = await stage.resume(first, 2)
    await second.welcomed()
    const dead = await stage.resume(lost, 1)
    expect(await dead.welcomed()).toMatchObject({ resumed: false })
    await second.alive()
  })

  test('the newest secret may be used although the one before is alive (P-HS-4)', async () => {
    const first = await stage.welcomed()
    const second = await stage.resume(first, 1)
    await second.welcomed()
    const third = await stage.resume(second, 1)
    expect(await third.welcomed()).toMatchObject({ resumed: true, session: { id: first.id } })
    const late = await stage.resume(first, 9)
    expect(await late.welcomed()).toMatchObject({ resumed: false })
  })

  test("frames in hello's own transmission do not end the old secret (P-HS-4)", async () => {
    const first = await stage.welcomed()
    const lost = await stage.resume(first, 1, { behind: [['ping', 1]] })
    await lost.next('pong')
    const second = await stage.resume(first, 2)
    expect(await second.welcomed()).toMatchObject({ resumed: true, session: { id: first.id } })
  })

  test.each([[['pong']], [['frob']], [['leave', 1, '#a']], [['join', 1, 'nowhere']]])(
    '%j alone ends the old secret (P-HS-4)',
    async (frame) => {
      const first = await stage.welcomed()
      const second = await stage.resume(first, 1)
      await second.welcomed()
      second.write(frame)
      await second.alive()
      const late = await stage.resume(first, 2)
      expect(await late.welcomed()).toMatchObject({ resumed: false })
    },
  )

  test.each([
    [1, 1],
    [5, 5],
    [5, 4],
    [2, 1],
  ])('n %i, then n %i: that connection is closed with 4001, and no other (P-HS-4)', async (n, again) => {
    const first = await stage.welcomed()
    const second = await stage.resume(first, n)
    await second.welcomed()
    const third = await stage.resume(first, again)
    expect(await third.code()).toBe(4001)
    expect(third.first('welcome')).toBeUndefined()
    await second.alive()
    const next = await stage.resume(second, 1)
    expect(await next.welcomed()).toMatchObject({ resumed: true, session: { id: first.id } })
  })

  test.each([0, -1, -(2 ** 53 - 1)])(
    'n counts from 1: %i is refused, and harms nothing (P-HS-4)',
    async (n) => {
      const first = await stage.welcomed()
      const second = await stage.resume(first, n)
      expect([4001, 4502]).toContain(await second.code())
      await first.alive()
    },
  )

  test('a welcome that is lost with its connection does no harm (P-HS-4)', async () => {
    const first = await stage.welcomed()
    for (let n = 1; n <= 5; n++) (await stage.resume(first, n)).socket.close()
    const back = await stage.resume(first, 6)
    expect(await back.welcomed()).toMatchObject({ resumed: true, session: { id: first.id } })
    await back.alive()
  })

  test('the greatest n is one, and then none is left (P-HS-4, P-FR-6)', async () => {
    const first = await stage.welcomed()
    const second = await stage.resume(first, 2 ** 53 - 1)
    expect((await second.welcomed()).resumed).toBe(true)
  })
})

describe('what is not resumed', () => {
  test.each([
    ['a wrong secret', { secret: 'x'.repeat(24) }],
    ['no secret', { secret: '' }],
    ['a very long secret', { secret: 'x'.repeat(10_000) }],
    ['a session that never was', { id: 'abcdefgh' }],
    ['an id that is none', { id: '' }],
    ['an id that is a key of everything', { id: '__proto__' }],
    ['another one', { id: 'constructor', secret: 'name' }],
    ['an id that is too long', { id: 'x'.repeat(5_000) }],
  ])('%s gives a fresh session, and the one that lives stays (P-HS-4)', async (_, change) => {
    const first = await stage.welcomed()
    const session = { ...first.welcome.session, n: 1, ...change }
    const peer = await stage.welcomed({ user: first.user, hello: { session } })
    expect(peer.welcome).toMatchObject({ resumed: false, user: first.user })
    expect(peer.id).not.toBe(first.id)
    expect(peer.id).not.toBe(session.id)
    await first.alive()
    const back = await stage.resume(first, 1)
    expect((await back.welcomed()).resumed).toBe(true)
  })

  test('an n that was used says nothing to who does not know the secret (P-HS-4)', async () => {
    const first = await stage.welcomed()
    const second = await stage.resume(first, 5)
    await second.welcomed()
    const { id, secret } = first.welcome.session
    const stranger = name()
    for (const [user, session] of [
      [first.user, { id, secret: `${secret}x`, n: 5 }],
      [first.user, { id, secret: secret.slice(1), n: 1 }],
      [stranger, { id, secret, n: 5 }],
      [stranger, { ...second.welcome.session, n: 1 }],
    ] as const) {
      const peer = await stage.welcomed({ user, hello: { session } })
      expect(peer.welcome).toMatchObject({ resumed: false, user })
    }
    await second.alive()
    const late = await stage.welcomed({ user: first.user, hello: { session: { id, secret, n: 5 } } })
    expect(late.welcome.resumed).toBe(false)
  })

  test("another user's session gives a fresh one, and takes nothing over (P-HS-4, P-HS-5)", async () => {
    const first = await stage.welcomed()
    const thief = await stage.resume(first, 1, { hello: { token: name() } })
    expect(await thief.welcomed()).toMatchObject({ resumed: false })
    expect(thief.user).not.toBe(first.user)
    expect(thief.id).not.toBe(first.id)
    await first.alive()
    const back = await stage.resume(first, 2)
    expect((await back.welcomed()).resumed).toBe(true)
  })
})

describe('taking over', () => {
  test('closes the old connection with 4509 (P-HS-5)', async () => {
    const first = await stage.welcomed()
    const second = await stage.resume(first, 1)
    await second.welcomed()
    expect(await first.code()).toBe(4509)
    await second.alive()
  })

  test('nothing that arrives on the old connection is run (P-HS-5, P-ST-8)', async () => {
    const user = name()
    const to = room()
    const raw = new RawSocket(stage.example.port)
    expect((await raw.head).status).toBe(101)
    raw.frame(1, JSON.stringify(['hello', { v: [1, 1], token: user }]))
    const [line = ''] = await raw.texts(1)
    const { session } = JSON.parse(line.split('\n')[0] ?? '')[1]
    const second = await stage.welcomed({ user, hello: { session: { ...session, n: 1 } } })
    expect(second.welcome.resumed).toBe(true)
    expect(await raw.closeCode()).toBe(4509)
    raw.frame(1, JSON.stringify(['send', 1, to, 'stale', 1]))
    raw.frame(1, JSON.stringify(['leave', 2, to]))
    await second.alive()
    await second.ok('send', to, 'current', 1)
    raw.destroy()
    await stage.expectHistory(to, ['current'])
  })

  test('the new connection is joined to what its hello names, nothing else (P-HS-7)', async () => {
    const [kept, dropped] = [room(), room()]
    const first = await stage.welcomed({ hello: { streams: { [kept]: null, [dropped]: null } } })
    const second = await stage.resume(first, 1, { hello: { streams: { [kept]: null } } })
    expect(Object.keys((await second.welcomed()).streams).sort()).toEqual(
      ['*', `@${first.user}`, kept].sort(),
    )
    for (const address of [dropped, kept]) await second.ok('send', address, 'e', 1)
    await second.messages(kept, 1)
    await second.alive()
    expect(second.all('msg', dropped)).toEqual([])
  })
})

describe('at one time', () => {
  test('of several with one n one gets the session, the others 4001 (P-HS-4, P-HS-6)', async () => {
    const first = await stage.welcomed()
    const rivals = await Promise.all([1, 2, 3, 4].map(() => stage.connect()))
    const { id, secret } = first.welcome.session
    for (const rival of rivals)
      rival.write(['hello', { v: [1, 1], token: first.user, session: { id, secret, n: 1 } }])
    const results = await Promise.all(rivals.map((rival) => rival.orCode(rival.welcomed())))
    const winners = results.filter((result) => typeof result === 'object')
    expect(winners).toMatchObject([{ resumed: true, session: { id } }])
    expect(results.filter((result) => result === 4001)).toHaveLength(3)
    await rivals[results.findIndex((result) => typeof result === 'object')]?.alive()
    expect(await first.code()).toBe(4509)
  })

  test('of several with growing n the last one has the session, and no two have it (P-HS-4, P-HS-5)', async () => {
    const first = await stage.welcomed()
    const rivals = await Promise.all([1, 2, 3, 4, 5].map(() => stage.connect()))
    const { id, secret } = first.welcome.session
    for (const [n, rival] of rivals.entries())
      rival.write(['hello', { v: [1, 1], token: first.user, session: { id, secret, n: n + 1 } }])
    const ends = await Promise.all(
      rivals.map(async (rival) => {
        await rival.orCode(rival.welcomed())
        return rival.orCode(rival.alive())
      }),
    )
    const mine = rivals.filter((rival, n) => ends[n] === true && rival.id === id)
    expect(mine).toHaveLength(1)
    for (const end of ends) expect([true, 4001, 4509]).toContain(end)
  })
})

describe('however a connection ended, its session is there', () => {
  test.each(['a close', 'a protocol error', 'a cut'])('after %s (P-HS-6)', async (how) => {
    const to = room()
    const first = await stage.welcomed()
    await first.ok('send', to, 'e', 1)
    if (how === 'a close') first.socket.close(1000)
    else if (how === 'a cut') first.socket.terminate()
    else first.text('x')
    await first.closed
    const back = await stage.resume(first, 1)
    expect((await back.welcomed()).resumed).toBe(true)
    expect((await back.askAs(1, 'send', to, 'e', 1)).result.dup).toBe(true)
  })
})

describe('repeating a send', () => {
  test('after a resume is answered as the first time, with dup (P-PB-2)', async () => {
    const to = room()
    const first = await stage.welcomed()
    const sent = await first.ok('send', to, 'e', { a: 1 })
    await first.cut()
    const back = await stage.resume(first, 1)
    await back.welcomed()
    const again = await back.askAs(1, 'send', to, 'e', { a: 1 })
    expect(again.result).toEqual({ ...sent, dup: true })
    await stage.expectHistory(to, ['e'])
  })

  test('after a resume with other data is a conflict, and stores nothing (P-PB-2)', async () => {
    const to = room()
    const first = await stage.welcomed()
    await first.ok('send', to, 'e', 1)
    const back = await stage.resume(first, 1)
    await back.welcomed()
    expect((await back.askAs(1, 'send', to, 'e', 2)).code).toBe('conflict')
    expect((await back.askAs(1, 'send', to, 'f', 1)).code).toBe('conflict')
    await stage.expectHistory(to, ['e'])
  })

  test('in a fresh session is another message (P-PB-2, P-PB-8)', async () => {
    const to = room()
    const user = name()
    for (const _ of [1, 2]) {
      const peer = await stage.welcomed({ user })
      expect((await peer.askAs(1, 'send', to, 'e', 1)).result.dup ?? false).toBe(false)
    }
    await stage.expectHistory(to, ['e', 'e'])
  })

  test('a call may be repeated with its ref on a new connection (P-PB-7)', async () => {
    const first = await stage.welcomed()
    expect((await first.askAs(4, 'call', 'nobody', 1)).code).toBe('not_found')
    const back = await stage.resume(first, 1)
    await back.welcomed()
    expect((await back.askAs(4, 'call', 'nobody', 1)).code).toBe('not_found')
  })
})

test('more resumes than a user may have end with 4013, and nobody else is touched (P-LV-3)', async () => {
  const other = await stage.welcomed()
  let peer = await stage.welcomed()
  const started = Date.now()
  const results: (boolean | number)[] = []
  for (let times = 0; times < 60 && results.at(-1) !== 4013; times++) {
    const next = await stage.resume(peer, 1)
    results.push(await next.orCode(next.welcomed().then(({ resumed }) => resumed)))
    if (results.at(-1) === true) peer = next
  }
  expect(results.at(-1)).toBe(4013)
  expect(results.slice(0, -1)).toEqual(Array(results.length - 1).fill(true))
  expect(results.length - 1).toBeGreaterThanOrEqual(10)
  expect(results.length - 1).toBeLessThanOrEqual(11 + (Date.now() - started) / 1000)
  const back = await stage.resume(other, 1)
  expect((await back.welcomed()).resumed).toBe(true)
})
