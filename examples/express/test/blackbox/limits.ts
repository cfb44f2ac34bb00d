import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type Answer, sendOfSize } from '../support/frames.ts'
import type { Peer } from '../support/peer.ts'
import { stage } from '../support/shared.ts'
import { name, room } from '../support/stage.ts'

const KiB = 1024

/** Sends as fast as the window allows until the hub refuses; gives every answer. */
async function exhaust(peer: Peer, to: string): Promise<Answer[]> {
  const answers: Answer[] = []
  for (let windows = 0; windows < 60; windows++) {
    const refs = Array.from({ length: 40 }, () => peer.ref())
    peer.write(...refs.map((ref) => ['send', ref, to, 'e', ref]))
    for (const ref of refs) answers.push(await peer.answer(ref))
    if (answers.some(({ code }) => code !== 'ok')) return answers
  }
  throw new Error('no end of the rate')
}

/** Repeats an operation as fast as its window allows until it is refused for the rate. */
async function limited(peer: Peer, type: string, ...rest: unknown[]): Promise<void> {
  const codes = new Set<string>()
  for (let windows = 0; windows < 40 && !codes.has('rate_limited'); windows++) {
    const refs = Array.from({ length: 16 }, () => peer.ref())
    peer.write(...refs.map((ref) => [type, ref, ...rest]))
    for (const ref of refs) codes.add((await peer.answer(ref)).code)
  }
  expect(codes).toContain('rate_limited')
}

describe('sizes (P-LV-3)', () => {
  test.each(['a', 'é', '😀'])(
    'a frame of 64 KiB of %s is taken, one of a byte more closes with 4514',
    async (letter) => {
      const to = room()
      const peer = await stage.welcomed({ hello: { streams: { [to]: null } } })
      peer.text(sendOfSize(64 * KiB, 1, to, letter))
      expect((await peer.answer(1)).code).toBe('ok')
      await peer.messages(to, 1)
      peer.text(sendOfSize(64 * KiB + 1, 2, to, letter))
      expect([4514, 1009]).toContain(await peer.code())
      expect(await stage.history(to)).toHaveLength(1)
    },
  )

  test('a transmission of almost 256 KiB is taken whole', async () => {
    const to = room()
    const peer = await stage.welcomed()
    peer.text([1, 2, 3, 4].map((ref) => sendOfSize(64 * KiB - 1, ref, to)).join('\n'))
    for (const ref of [1, 2, 3, 4]) expect((await peer.answer(ref)).code).toBe('ok')
  })

  test.each([257 * KiB, 5 * 1024 * KiB])(
    'a transmission of %i bytes closes with 4514 or 1009',
    async (size) => {
      const peer = await stage.welcomed()
      const lines = Array.from(
        { length: Math.ceil(size / (60 * KiB)) },
        () => `["pong",1,"${'x'.repeat(60 * KiB)}"]`,
      )
      peer.text(lines.join('\n'))
      expect([4514, 1009]).toContain(await peer.code())
      await stage.expectAlive()
    },
  )

  test('what is small on the wire and large when it is unpacked closes as well', async () => {
    const peer = await stage.connect(stage.hub, ['chat.v1.json'], { perMessageDeflate: { threshold: 0 } })
    peer.text(JSON.stringify(['hello', { v: [1, 1], token: name() }]))
    await peer.welcomed()
    peer.text(`["pong",1,"${'x'.repeat(20 * 1024 * KiB)}"]`)
    expect([4514, 1009]).toContain(await peer.code())
    await stage.expectAlive()
  })
})

describe('the rate (P-LV-3)', () => {
  test('is a burst of 100 and 50/s; above it rate_limited says when to come again', async () => {
    const to = room()
    const peer = await stage.welcomed()
    const started = Date.now()
    const answers = await exhaust(peer, to)
    const taken = answers.filter(({ code }) => code === 'ok')
    expect(answers.slice(0, 100).every(({ code }) => code === 'ok')).toBe(true)
    expect(taken.length).toBeLessThanOrEqual(101 + (Date.now() - started) * 0.05)
    const refused = answers.filter(({ code }) => code !== 'ok')
    expect(refused.every(({ code }) => code === 'rate_limited')).toBe(true)
    const { retryAfter = 0 } = refused.at(-1)?.extra ?? {}
    expect(retryAfter).toBeGreaterThan(0)
    expect(retryAfter).toBeLessThanOrEqual(2_000)
    expect(await stage.history(to)).toHaveLength(taken.length)
    await sleep(retryAfter + 20)
    await peer.ok('send', to, 'later', 1)
  })

  test('holds for a user, over all their sessions, and for nobody else', async () => {
    const [to, user] = [room(), name()]
    const [peer, tab] = [await stage.welcomed({ user }), await stage.welcomed({ user })]
    const other = await stage.welcomed()
    await exhaust(peer, to)
    await limited(tab, 'send', to, 'e', 1)
    await other.ok('send', to, 'e', 1)
  })

  test.each([
    ['read', (to: string) => [to]],
    ['join', (to: string) => [to]],
    ['state', (to: string) => [to, 1]],
    ['who', (to: string) => [to]],
    ['call', () => ['nobody', 1]],
  ])('counts %s', async (type, rest) => {
    const to = room()
    const peer = await stage.welcomed()
    await exhaust(peer, to)
    await limited(peer, type, ...rest(to))
  })

  test('counts casts, and drops what is above without a word', async () => {
    const to = room()
    const other = await stage.welcomed({ hello: { streams: { [to]: null } } })
    const peer = await stage.welcomed()
    const started = Date.now()
    for (let n = 0; n < 4; n++)
      peer.write(...Array.from({ length: 100 }, (_, m) => ['cast', to, 'c', n * 100 + m]))
    await peer.alive()
    const allowed = 101 + (Date.now() - started) * 0.05
    await other.until('a hundred', () => other.all('cast').length >= 100 || undefined)
    await other.alive()
    expect(other.all('cast').length).toBeLessThanOrEqual(allowed)
    expect(peer.frames.map(([type]) => type)).toEqual(['welcome', 'pong'])
  })

  test('refuses without a trace: the ref may come again, unless a greater one was stored (P-PB-2)', async () => {
    const to = room()
    const peer = await stage.welcomed()
    const refused = (await exhaust(peer, to)).filter(({ code }) => code !== 'ok')
    const { ref, extra } = refused.at(-1) ?? { ref: 0, extra: {} as Answer['extra'] }
    await sleep((extra.retryAfter ?? 0) + 100)
    const again = await peer.askAs(ref, 'send', to, 'e', ref)
    expect({ code: again.code, dup: again.result.dup ?? false }).toEqual({ code: 'ok', dup: false })
    const lower = refused.at(-2)?.ref
    if (lower !== undefined) expect((await peer.askAs(lower, 'send', to, 'e', lower)).code).toBe('conflict')
    expect((await peer.askAs(ref, 'send', to, 'e', ref)).result.dup).toBe(true)
  })

  test('counts no pings and no leaves', async () => {
    const peer = await stage.welcomed()
    const to = room()
    await exhaust(peer, to)
    for (let n = 0; n < 20; n++) await peer.alive()
    for (let n = 0; n < 20; n++) expect((await peer.ask('leave', to)).code).toBe('ok')
  })

  test('comes after a known repetition, and before address, depth and event (P-FR-9)', async () => {
    const to = room()
    const peer = await stage.welcomed()
    expect((await peer.askAs(1, 'send', to, 'e', 1)).code).toBe('ok')
    peer.ref()
    const last = (await exhaust(peer, to)).filter(({ code }) => code === 'ok').at(-1)?.ref ?? 0
    peer.write(...Array.from({ length: 40 }, () => ['send', last, to, 'e', last]))
    for (let nth = 1; nth <= 40; nth++) expect((await peer.answer(last, nth)).result.dup).toBe(true)
    await limited(peer, 'send', 'nowhere', '$e', 1)
  })

  test('does not stand in the way of repetitions after a resume', async () => {
    const to = room()
    const peer = await stage.welcomed()
    const taken = (await exhaust(peer, to)).filter(({ code }) => code === 'ok').slice(-60)
    const back = await stage.resume(peer, 1)
    await back.welcomed()
    back.write(...taken.map(({ ref }) => ['send', ref, to, 'e', ref]))
    for (const { ref } of taken)
      expect(await back.answer(ref)).toMatchObject({ code: 'ok', result: { dup: true } })
  })
})

describe('windows', () => {
  test.each([
    ['send', 99, (to: string) => [to, 'e', 1]],
    ['call', 99, () => ['nobody', 1]],
    ['read', 60, (to: string) => [to]],
    ['join', 60, (to: string) => [to]],
  ])(
    'of more %s than the window has, each is answered once: served, or busy (P-PB-6)',
    async (type, count, rest) => {
      const to = room()
      const peer = await stage.welcomed()
      const refs = Array.from({ length: count }, () => peer.ref())
      const operation = rest(to)
      peer.write(...refs.map((ref) => [type, ref, ...operation]))
      const answers = await Promise.all(refs.map((ref) => peer.answer(ref)))
      const served = type === 'call' ? 'not_found' : 'ok'
      for (const { code } of answers) expect([served, 'busy']).toContain(code)
      expect(answers.slice(0, 16).every(({ code }) => code === served)).toBe(true)
      const stored = type === 'send' ? answers.filter(({ code }) => code === 'ok').length : 0
      expect(await stage.history(to)).toHaveLength(stored)
    },
  )
})

describe('rooms (P-LV-3)', () => {
  test('128 may be joined, the next is too_large; a leave makes place', async () => {
    const id = name().slice(0, 10)
    const rooms = Array.from({ length: 128 }, (_, n) => `#${id}-${n}`)
    const user = name()
    const all = ['*', `@${user}`, ...rooms]
    const streams = Object.fromEntries(all.map((to) => [to, null]))
    const peer = await stage.welcomed({ user, hello: { streams } })
    for (const to of all) expect(peer.welcome.streams[to]?.mode).toBe('live')
    const more = room()
    expect((await peer.ask('join', more)).code).toBe('too_large')
    expect((await peer.ask('join', rooms[0])).code).toBe('ok')
    for (const address of ['*', `@${peer.user}`]) expect((await peer.ask('join', address)).code).toBe('ok')
    await peer.ok('leave', rooms[5])
    await peer.ok('join', more)
    expect((await peer.ask('join', rooms[5])).code).toBe('too_large')
  })

  test('of more in hello, those above are refused with too_large (P-HS-7)', async () => {
    const id = name().slice(0, 10)
    const rooms = Array.from({ length: 135 }, (_, n) => `#${id}-${n}`)
    const peer = await stage.welcomed({
      hello: { streams: Object.fromEntries(rooms.map((to) => [to, null])) },
    })
    const places = rooms.map((to) => peer.welcome.streams[to])
    expect(places.filter((place) => place?.mode === 'live')).toHaveLength(128)
    expect(places.filter((place) => place?.mode === 'refused')).toEqual(
      Array(7).fill({ mode: 'refused', code: 'too_large' }),
    )
  })
})

test('who does not read for a while gets every message afterwards, in order (P-LV-4, P-ST-5)', async () => {
  const to = room()
  const [slow, quick] = await Promise.all(
    [1, 2].map(() => stage.welcomed({ hello: { streams: { [to]: null } } })),
  )
  const sender = await stage.welcomed()
  slow?.socket.pause()
  for (let n = 0; n < 90; n += 3) {
    const refs = [1, 2, 3].map(() => sender.ref())
    for (const ref of refs) sender.write(['send', ref, to, `e${ref}`, 'x'.repeat(60_000)])
    for (const ref of refs) expect((await sender.answer(ref)).code).toBe('ok')
  }
  await quick?.messages(to, 90)
  slow?.socket.resume()
  const got = await slow?.messages(to, 90)
  expect(got?.map(({ event }) => event)).toEqual(Array.from({ length: 90 }, (_, n) => `e${n + 1}`))
  expect(slow?.first('gap')).toBeUndefined()
})
