import { describe, expect, test } from 'vitest'
import { type Position, positionOf } from '../support/frames.ts'
import type { Peer } from '../support/peer.ts'
import { stage } from '../support/shared.ts'
import { room } from '../support/stage.ts'

/** A room with so many messages `e1`, `e2`, …, their positions, and who sent them. */
async function filled(count: number): Promise<{ to: string; sender: Peer; places: Position[] }> {
  const to = room()
  const sender = await stage.welcomed()
  const refs = Array.from({ length: count }, () => sender.ref())
  sender.write(...refs.map((ref) => ['send', ref, to, `e${ref}`, ref]))
  const answers = await Promise.all(refs.map((ref) => sender.answer(ref)))
  return { to, sender, places: answers.map(({ result }) => positionOf(result)) }
}

const placeIn = (places: Position[], index: number): Position => places.at(index) ?? ['none', 0, null]

describe('join', () => {
  test('of a new room is live at its top (P-ST-3)', async () => {
    const peer = await stage.welcomed()
    const place = await peer.ok('join', room())
    expect(place).toMatchObject({ epoch: expect.any(String), at: 0, id: null, top: 0, mode: 'live' })
    expect(place.epoch.length).toBeLessThanOrEqual(16)
  })

  test('without a position is live at the top, and nothing older comes (P-ST-3)', async () => {
    const { to, sender, places } = await filled(3)
    const peer = await stage.welcomed()
    const [epoch, at, id] = placeIn(places, -1)
    expect(await peer.ok('join', to)).toMatchObject({ epoch, at, id, top: at, mode: 'live' })
    await sender.ok('send', to, 'new', 1)
    expect((await peer.messages(to, 1))[0]?.event).toBe('new')
  })

  test.each([0, 1, 2])(
    'with the position of message %i replays what follows, then goes on live (P-ST-2, P-ST-3)',
    async (n) => {
      const { to, sender, places } = await filled(4)
      const peer = await stage.welcomed()
      const since = placeIn(places, n)
      const place = await peer.ok('join', to, { since })
      expect(positionOf(place)).toEqual(since)
      expect(place).toMatchObject({ mode: 'replay', top: placeIn(places, -1)[1] })
      expect(place.reason).toBeUndefined()
      await sender.ok('send', to, 'new', 1)
      const missed = ['e1', 'e2', 'e3', 'e4'].slice(n + 1)
      await peer.messages(to, missed.length + 1)
      expect(peer.events(to)).toEqual([...missed, 'new'])
      await peer.alive()
      expect(peer.first('gap')).toBeUndefined()
    },
  )

  test('with the position before the first replays all (P-ST-2)', async () => {
    const { to, places } = await filled(3)
    const peer = await stage.welcomed()
    const since = [placeIn(places, 0)[0], 0, null]
    expect(await peer.ok('join', to, { since })).toMatchObject({ at: 0, id: null, mode: 'replay' })
    await peer.messages(to, 3)
    expect(peer.events(to)).toEqual(['e1', 'e2', 'e3'])
  })

  test('with the position of the top is live (P-ST-2)', async () => {
    const { to, places } = await filled(3)
    const peer = await stage.welcomed()
    const since = placeIn(places, -1)
    const place = await peer.ok('join', to, { since })
    expect(place.mode).toBe('live')
    expect(positionOf(place)).toEqual(since)
  })

  test('with the position of another message id, or none of this stream, is a gap (P-ST-2)', async () => {
    const { to, sender, places } = await filled(3)
    const [epoch, at, id] = placeIn(places, 1)
    const [, top, last] = placeIn(places, -1)
    const cases: [Position, string][] = [
      [[epoch, at, 'forged.1'], 'diverged'],
      [[epoch, at, last], 'diverged'],
      [[epoch, at, ''], 'diverged'],
      [[epoch, top + 1, `${sender.id}.9`], 'diverged'],
      [[epoch, 2 ** 53 - 1, id], 'diverged'],
      [['another', at, id], 'epoch'],
      [['another', 0, null], 'epoch'],
      [['another', top + 1, 'forged.1'], 'epoch'],
      [['__proto__', at, id], 'epoch'],
    ]
    for (const [since, reason] of cases) {
      const peer = await stage.welcomed()
      const place = await peer.ok('join', to, { since })
      expect(place, JSON.stringify(since)).toMatchObject({
        epoch,
        at: top,
        id: last,
        top,
        mode: 'gap',
        reason,
      })
      const other = await stage.welcomed({ hello: { streams: { [to]: since } } })
      expect(other.welcome.streams[to]).toMatchObject({ epoch, at: top, id: last, top, mode: 'gap', reason })
      for (const reader of [peer, other]) {
        await reader.alive()
        expect(reader.all('msg', to)).toEqual([])
        expect(reader.first('gap')).toBeUndefined()
      }
    }
    await sender.ok('send', to, 'new', 1)
  })

  test('after a gap what is new comes (P-ST-3)', async () => {
    const { to, sender } = await filled(2)
    const peer = await stage.welcomed({ hello: { streams: { [to]: ['another', 1, 'x.1'] } } })
    await sender.ok('send', to, 'new', 1)
    expect((await peer.messages(to, 1))[0]?.event).toBe('new')
  })

  test('with a place in a stream that has nothing is a gap: absent (P-ST-2)', async () => {
    const to = room()
    const peer = await stage.welcomed()
    const { epoch } = await peer.ok('join', to)
    for (const since of [
      ['another', 5, 'x.5'],
      [epoch, 5, 'x.5'],
    ])
      expect(await peer.ok('join', to, { since })).toMatchObject({
        mode: 'gap',
        reason: 'absent',
        at: 0,
        id: null,
      })
  })

  test('with the position it has itself in an empty room is live (P-ST-2, P-ST-4)', async () => {
    const to = room()
    const peer = await stage.welcomed()
    const since = positionOf(await peer.ok('join', to))
    const again = await peer.ok('join', to, { since })
    expect(again.mode).toBe('live')
    expect(positionOf(again)).toEqual(since)
  })

  test('with a position in a shape of its own is a gap or broken, never a replay (P-ST-2, P-FR-5)', async () => {
    const { to, places } = await filled(2)
    const [epoch, at, id] = placeIn(places, 0)
    for (const since of [
      [epoch, at, null],
      ['', at, id],
      ['x'.repeat(17), at, id],
      [epoch, at, `${id}x`, 'more'],
    ]) {
      const peer = await stage.welcomed()
      const answered = peer.ask('join', to, { since }).then(({ result }) => result.mode)
      expect(['gap', 4502], JSON.stringify(since)).toContain(await peer.orCode(answered))
    }
  })

  test('of what is joined changes nothing and tells the place (P-ST-4)', async () => {
    const { to, sender } = await filled(2)
    const peer = await stage.welcomed({ hello: { streams: { [to]: null } } })
    const sent = await sender.ok('send', to, 'e3', 1)
    await peer.messages(to, 1)
    const again = await peer.ok('join', to)
    expect(again).toMatchObject({ mode: 'live', top: sent.at })
    expect(positionOf(again)).toEqual(positionOf(sent))
    await sender.ok('send', to, 'e4', 1)
    await peer.messages(to, 2)
    expect(peer.events(to)).toEqual(['e3', 'e4'])
  })

  test('of what is joined with a position attaches there (P-ST-4)', async () => {
    const { to, places } = await filled(3)
    const peer = await stage.welcomed({ hello: { streams: { [to]: null } } })
    const since = placeIn(places, 0)
    expect((await peer.ok('join', to, { since })).mode).toBe('replay')
    await peer.messages(to, 2)
    expect((await peer.ok('join', to, { since })).mode).toBe('replay')
    await peer.messages(to, 4)
    expect(peer.events(to)).toEqual(['e2', 'e3', 'e2', 'e3'])
  })

  test('with one and the same ref simply runs again (P-PB-2)', async () => {
    const to = room()
    const peer = await stage.welcomed()
    for (const _ of [1, 2, 3]) expect((await peer.askAs(7, 'join', to)).code).toBe('ok')
    for (const type of ['read', 'leave']) expect((await peer.askAs(2, type, to)).code).toBe('ok')
  })

  test('of the own inbox and of everyone is as good as of a room, with a position too (P-ST-4, P-HS-7)', async () => {
    const sender = await stage.welcomed()
    const peer = await stage.welcomed()
    for (const address of ['*', `@${peer.user}`]) {
      const one = await sender.ok('send', address, 'one', 1)
      await sender.ok('send', address, 'two', 1)
      await peer.until('both', () => peer.all('msg', address).length >= 2 || undefined)
      expect((await peer.ok('join', address)).mode).toBe('live')
      expect((await peer.ok('join', address, { since: positionOf(one) })).mode).toBe('replay')
      await peer.until('one again', () => peer.all('msg', address).length >= 3 || undefined)
      expect(peer.events(address)).toEqual(['one', 'two', 'two'])
    }
  })
})

describe('leave', () => {
  test('ends the messages and casts of the address (P-ST-10)', async () => {
    const { to, sender } = await filled(1)
    const peer = await stage.welcomed({ hello: { streams: { [to]: null } } })
    await peer.ok('leave', to)
    sender.write(['cast', to, 'late', 1])
    await sender.ok('send', to, 'late', 1)
    await sender.ok('send', `@${peer.user}`, 'dm', 1)
    await peer.messages(`@${peer.user}`, 1)
    await peer.alive()
    expect([...peer.all('msg', to), ...peer.all('cast', to)]).toEqual([])
  })

  test('of what is not joined is ok (P-ST-4)', async () => {
    const peer = await stage.welcomed()
    for (const _ of [1, 2]) expect(await peer.ask('leave', room())).toMatchObject({ code: 'ok' })
  })

  test('of everyone and of the own inbox is unsupported, and they go on (P-ST-4)', async () => {
    const peer = await stage.welcomed()
    for (const address of ['*', `@${peer.user}`]) {
      expect((await peer.ask('leave', address)).code).toBe('unsupported')
      await peer.ok('send', address, 'e', 1)
      await peer.until('it', () => peer.all('msg', address).length > 0 || undefined)
    }
  })
})

describe('order', () => {
  test('the answer to a join comes before anything of the address, while others write (P-ST-10, P-ST-4)', async () => {
    const { to, sender, places } = await filled(20)
    const peer = await stage.welcomed()
    for (let n = 21; n <= 60; n++) {
      sender.write(['send', sender.ref(), to, `e${n}`, 1], ['cast', to, 'c', n])
      if (n === 40) peer.write(['join', 1, to, { since: placeIn(places, 0) }])
    }
    await peer.messages(to, 59)
    const ofRoom = peer.frames.filter(([type, a]) => (type === 'ok' && a === 1) || a === to)
    expect(ofRoom[0]?.[0]).toBe('ok')
    expect(peer.events(to)).toEqual(Array.from({ length: 59 }, (_, n) => `e${n + 2}`))
  })

  test('join, send, leave and send in one transmission take effect as written (P-PB-9)', async () => {
    const to = room()
    const peer = await stage.welcomed()
    const places = [
      ['join', 1, to],
      ['send', 2, to, 'in', 1],
      ['leave', 3, to],
      ['send', 4, to, 'out', 1],
      ['read', 5, to],
      ['join', 6, to],
      ['send', 7, to, 'again', 1],
    ]
    peer.write(...places)
    const answers = await Promise.all([1, 2, 3, 4, 5, 6, 7].map((ref) => peer.answer(ref)))
    expect(answers.map(({ code }) => code)).toEqual(Array(7).fill('ok'))
    expect(answers[0]?.result.at).toBe(0)
    expect(answers[4]?.result.messages.map(([, , , event]) => event)).toEqual(['in', 'out'])
    expect(answers[5]?.result).toMatchObject({ at: answers[3]?.result.at, mode: 'live' })
    await peer.until('the last', () => peer.events(to).includes('again') || undefined)
    expect(peer.events(to)).not.toContain('out')
  })

  test('the answers to the sends of one address come in the order of their refs (P-ST-10, P-PB-4)', async () => {
    const rooms = [room(), room(), room()]
    const peer = await stage.welcomed()
    const refs = Array.from({ length: 60 }, (_, n) => n + 1)
    peer.write(...refs.map((ref) => ['send', ref, rooms[ref % 3], `e${ref}`, ref]))
    await Promise.all(refs.map((ref) => peer.answer(ref)))
    for (const [n, to] of rooms.entries()) {
      const mine = refs.filter((ref) => ref % 3 === n)
      const answered = peer.all('ok').map(([, ref]) => ref as number)
      expect(answered.filter((ref) => ref % 3 === n)).toEqual(mine)
      await stage.expectHistory(
        to,
        mine.map((ref) => `e${ref}`),
      )
    }
  })

  test('everybody sees one order of messages, whoever writes (P-ST-1, P-PB-4)', async () => {
    const to = room()
    const peers = await Promise.all(
      [1, 2, 3, 4].map(() => stage.welcomed({ hello: { streams: { [to]: null } } })),
    )
    for (let n = 1; n <= 15; n++)
      for (const peer of peers) peer.write(['send', n, to, `${peer.user}/${n}`, n])
    const seen = await Promise.all(peers.map((peer) => peer.messages(to, 60)))
    const history = await stage.history(to)
    for (const messages of seen) expect(messages).toEqual(history)
    const places = history.map(({ at }) => at)
    expect(places).toEqual([...new Set(places)].sort((a, b) => a - b))
    for (const { user } of peers) {
      const own = history.filter(({ from }) => from === user).map(({ data }) => data)
      expect(own).toEqual([...own].sort((a, b) => Number(a) - Number(b)))
    }
  })
})
