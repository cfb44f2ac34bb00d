import { type Gap, handleAsk, type Position } from '@chat/core'
import { world } from '@chat/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { live, msg, play, type RawFrame, replay, type Stage } from '../../support/fake-hub.ts'

/** A client in `#a`, whose stream stands at 5; what comes of it and what is asked. */
async function inRoom(stage: Stage) {
  stage.hub.streams.set('#a', live(5))
  const client = await stage.connected()
  const room = client.join('#a')
  const said: unknown[] = []
  room.on('say', (data) => said.push(data))
  room.on('$gap', (gap) => said.push(gap))
  await stage.settle()
  await room.ready
  const joins = (): readonly RawFrame[] => stage.hub.at().of('join').slice(1)
  return { client, room, said, joins }
}

describe('a message of a stream (P-ST-7)', () => {
  test('that follows the position is delivered, and moves the position', () =>
    play(async (stage) => {
      const { client, said, joins } = await inRoom(stage)
      stage.hub.at().write(msg('#a', 6), msg('#a', 7))
      await stage.settle()
      expect(said).toEqual([6, 7])
      expect(client.positions['#a']).toEqual(['e1', 7, 'm7'])
      expect(joins()).toEqual([])
    }))

  test('at or below the position is ignored', () =>
    play(async (stage) => {
      const { said, joins } = await inRoom(stage)
      stage.hub
        .at()
        .write(msg('#a', 5, { id: 'x', prev: 5 }), msg('#a', 4), msg('#a', 6), msg('#a', 6, { id: 'y' }))
      await stage.settle()
      expect(said).toEqual([6])
      expect(joins()).toEqual([])
    }))

  test('offsets need not be contiguous where `prev` links them (U-08)', () =>
    play(async (stage) => {
      const { said, joins } = await inRoom(stage)
      stage.hub.at().write(msg('#a', 9, { prev: 5 }), msg('#a', 40, { prev: 9 }), msg('#a', 41))
      await stage.settle()
      expect(said).toEqual([9, 40, 41])
      expect(joins()).toEqual([])
    }))

  test.each([
    ['a missing one', msg('#a', 8)],
    ['a wrong one', msg('#a', 8, { prev: 6 })],
    ['one that says the message is the first of the epoch', msg('#a', 8, { prev: 0 })],
  ])('%s for `prev` is a hole: the stream is joined again from its position (U-08)', (_, frame) =>
    play(async (stage) => {
      const { said, joins } = await inRoom(stage)
      stage.hub.script['join'] = () => {}
      stage.hub.at().write(frame, msg('#a', 9))
      await stage.settle()
      expect(joins()).toEqual([['join', 2, '#a', { since: ['e1', 5, 'm5'] }]])
      expect(said).toEqual([])
      const all = [6, 7, 8, 9].map((at) => msg('#a', at))
      stage.hub.at().write(['ok', 2, replay(['e1', 5, 'm5'], 9)], ...all)
      await stage.settle()
      expect(said).toEqual([6, 7, 8, 9])
    }),
  )

  test('`prev` 0 is right for the first message of an epoch (U-08)', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const seen: unknown[] = []
      client.join('#new').on('say', (data) => seen.push(data))
      await stage.settle()
      stage.hub.at().write(msg('#new', 7, { prev: 0 }))
      await stage.settle()
      expect(seen).toEqual([7])
      expect(stage.hub.at().of('join')).toHaveLength(1)
    }))

  test('a hole whose answer is a gap is reported before any later message', () =>
    play(async (stage) => {
      const { said } = await inRoom(stage)
      stage.hub.script['join'] = (connection, [, ref]) =>
        connection.write(['ok', ref, { ...live(20), mode: 'gap', reason: 'trimmed' }], msg('#a', 21))
      stage.hub.at().write(msg('#a', 8))
      await stage.settle()
      const gap: Gap = { address: '#a', reason: 'trimmed', from: ['e1', 5, 'm5'], to: ['e1', 20, 'm20'] }
      expect(said).toEqual([gap, 21])
    }))

  test('a hole in a log does not delay another log', () =>
    play(async (stage) => {
      const { client, said } = await inRoom(stage)
      const other: unknown[] = []
      client.join('#b').on('say', (data) => other.push(data))
      await stage.settle()
      stage.hub.script['join'] = () => {}
      stage.hub.at().write(msg('#a', 8), msg('#b', 1))
      await stage.settle()
      expect([said, other]).toEqual([[], [1]])
    }))

  test('an id among the last 512 delivered of the stream is not delivered again, the 513th is forgotten (U-16)', () =>
    play(async (stage) => {
      const { client, said } = await inRoom(stage)
      const frames = Array.from({ length: 513 }, (_, i) => msg('#a', 6 + i, { id: `id${i}` }))
      stage.hub.at().write(...frames)
      // Behind a gap to a new epoch they come once more.
      stage.hub.at().write(['gap', '#a', 'epoch', ['e2', 0, null]])
      stage.hub
        .at()
        .write(...[1, 512, 0].map((n, i) => msg('#a', i + 1, { id: `id${n}`, data: `again ${n}` })))
      stage.hub.at().write(msg('#a', 4, { id: 'new', data: 'new' }))
      await stage.settle()
      expect(said.slice(513)).toEqual([
        { address: '#a', reason: 'epoch', from: ['e1', 518, 'id512'], to: ['e2', 0, null] },
        'again 0',
        'new',
      ])
      expect(client.positions['#a']).toEqual(['e2', 4, 'new'])
    }))

  test('the same id in two streams is delivered in both (U-16)', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const seen: unknown[] = []
      for (const name of ['#a', '#b'] as const)
        client.join(name).on('say', (_, { address }) => seen.push(address))
      await stage.settle()
      stage.hub.at().write(msg('#a', 1, { id: 'same' }), msg('#b', 1, { id: 'same' }))
      await stage.settle()
      expect(seen).toEqual(['#a', '#b'])
    }))

  test('a message that was delivered before a lost answer is not delivered twice behind the replay', () =>
    play(async (stage) => {
      const { said } = await inRoom(stage)
      stage.hub.at().write(msg('#a', 6))
      await stage.settle()
      stage.hub.streams.set('#a', replay(['e1', 6, 'm6'], 7))
      stage.hub.at().cut()
      await stage.advance(2_000)
      stage.hub.at().write(msg('#a', 6), msg('#a', 7, { id: 'm6', data: 'the same id' }), msg('#a', 8))
      await stage.settle()
      expect(said).toEqual([6, 8])
    }))

  test('of an address without a subscription is ignored', () =>
    play(async (stage) => {
      const client = await stage.connected()
      stage.hub
        .at()
        .write(msg('#other', 1), ['gap', '#other', 'epoch', ['e2', 0, null]], ['left', '#other', 'x', 'y'])
      await stage.settle()
      expect(client.status).toBe('connected')
      expect(client.positions).not.toHaveProperty('#other')
    }))
})

describe('the position in an answer (P-ST-3)', () => {
  test('is where the reader stands before the first message, for `live`, `replay` and `gap`', () =>
    play(async (stage) => {
      const { client, said } = await inRoom(stage)
      for (const [answer, first] of [
        [replay(['e1', 5, 'm5'], 6), msg('#a', 6)],
        [live(6), msg('#a', 8, { prev: 6 })],
        [{ ...live(30, 'e9'), mode: 'gap', reason: 'epoch' }, msg('#a', 31)],
      ] as const) {
        stage.hub.streams.set('#a', answer)
        stage.hub.at().cut()
        await stage.advance(2_000)
        stage.hub.at().write(first)
        await stage.settle()
      }
      expect(said).toEqual([
        6,
        8,
        { address: '#a', reason: 'epoch', from: ['e1', 8, 'm8'], to: ['e9', 30, 'm30'] },
        31,
      ])
      expect(client.positions['#a']).toEqual(['e9', 31, 'm31'])
    }))

  test('is a gap only for a client that had a position', () =>
    play(async (stage) => {
      stage.hub.streams.set('#a', { ...live(3), mode: 'gap', reason: 'absent' })
      const client = await stage.connected()
      const gaps: unknown[] = []
      client.join('#a').on('$gap', (gap) => gaps.push(gap))
      await stage.settle()
      expect(gaps).toEqual([])
    }))

  test('for `*` and the inbox a gap is told to the client, once each', () =>
    play(async (stage) => {
      stage.hub.streams.set('*', live(3)).set('@alice', live(4))
      const client = await stage.connected()
      stage.hub.streams.set('*', { ...live(0, 'e2'), mode: 'gap', reason: 'absent' })
      stage.hub.streams.set('@alice', { ...live(9), mode: 'gap', reason: 'limit' })
      stage.hub.at().cut()
      await stage.advance(2_000)
      expect(client.said.gaps).toEqual([
        { address: '*', reason: 'absent', from: ['e1', 3, 'm3'], to: ['e2', 0, null] },
        { address: '@alice', reason: 'limit', from: ['e1', 4, 'm4'], to: ['e1', 9, 'm9'] },
      ])
    }))
})

describe('a gap frame', () => {
  test('is a single `$gap` with from and to, before any later message, and the log continues after it', () =>
    play(async (stage) => {
      const { said, joins } = await inRoom(stage)
      stage.hub
        .at()
        .write(msg('#a', 6), ['gap', '#a', 'trimmed', ['e1', 30, 'm30']], msg('#a', 31), msg('#a', 32))
      await stage.settle()
      expect(said).toEqual([
        6,
        { address: '#a', reason: 'trimmed', from: ['e1', 6, 'm6'], to: ['e1', 30, 'm30'] },
        31,
        32,
      ])
      expect(joins()).toEqual([])
    }))

  test('while a hole is filled is not reported, because the answer to the join tells it', () =>
    play(async (stage) => {
      const { said } = await inRoom(stage)
      stage.hub.script['join'] = () => {}
      stage.hub.at().write(msg('#a', 9), ['gap', '#a', 'trimmed', ['e1', 30, 'm30']])
      await stage.settle()
      expect(said).toEqual([])
    }))

  test('reaches every handle of the room and `observe`', () =>
    play(async (stage) => {
      const observed: unknown[] = []
      const client = await stage.connected({
        observe: (what) => what.type !== 'status' && observed.push(what),
      })
      const gaps: unknown[] = []
      for (let i = 0; i < 2; i++) client.join('#a').on('$gap', ({ to }) => gaps.push(to))
      await stage.settle()
      stage.hub.at().write(['gap', '#a', 'epoch', ['e2', 3, 'x']])
      await stage.settle()
      expect(gaps).toEqual([
        ['e2', 3, 'x'],
        ['e2', 3, 'x'],
      ])
      expect(observed).toEqual([
        { type: 'gap', address: '#a', reason: 'epoch', from: ['e1', 0, null], to: ['e2', 3, 'x'] },
      ])
    }))
})

describe('an old connection', () => {
  test('a late frame of it is dropped (P-ST-8)', () =>
    play(async (stage) => {
      const { said } = await inRoom(stage)
      const old = stage.hub.at()
      const answer = stage.watch(stage.clients[0]?.call('x', 1) as Promise<unknown>)
      await stage.settle()
      old.write(['bye', 4001, 'moving', { retryAfter: 100 }])
      stage.hub.script['hello'] = () => {}
      await stage.advance(200)
      expect(stage.hub.connections).toHaveLength(2)
      old.write(msg('#a', 6), ['ok', 2, 'late'], '{"broken"', ['ping'])
      await stage.settle()
      expect(said).toEqual([])
      expect(answer.error).toMatchObject({ code: 'uncertain' })
      expect(old.of('pong')).toEqual([])
    }))

  test('P-ST-8: a cast that comes on it beside the new welcome is not handed over, and an ask is not answered', () =>
    play(async (stage) => {
      const { client } = await inRoom(stage)
      const [casts, asked]: unknown[][] = [[], []]
      client.join('#a').on('typing', (data) => casts?.push(data))
      handleAsk(client, 'confirm', (data) => asked?.push(data))
      const old = stage.hub.at()
      stage.hub.script['hello'] = (connection, frame) => {
        connection.write(stage.hub.welcomeFor(frame), ['cast', '#a', 'typing', 'once', 'bob'])
        old.write(['cast', '#a', 'typing', 'once', 'bob'], ['ask', 1, 'confirm', null])
      }
      old.write(['bye', 4001, 'moving', { retryAfter: 100 }])
      await stage.advance(200)
      expect(client.status).toBe('connected')
      expect(casts).toEqual(['once'])
      expect(asked).toEqual([])
    }))

  test('frames and the end of the old connection are ignored after the new hello', () =>
    play(async (stage) => {
      const { client } = await inRoom(stage)
      const old = stage.hub.at()
      old.write(['bye', 4001, 'moving', { retryAfter: 100 }])
      await stage.advance(90)
      stage.hub.script['hello'] = () => {}
      await stage.advance(20)
      old.close(4513, 'kicked')
      await stage.advance(100)
      expect(client.status).toBe('reconnecting')
    }))
})

describe('a join or leave belongs to its connection', () => {
  test('a leave that was never written does not end the room that was joined again', () =>
    play(async (stage) => {
      const { client, room } = await inRoom(stage)
      stage.hub.at().write(['bye', 4001, 'moving'])
      await stage.settle()
      room.leave()
      const seen: unknown[] = []
      client.join('#a').on('say', (data) => seen.push(data))
      stage.hub.at().close(4001)
      await stage.advance(2_000)
      expect(stage.hub.at().types).toEqual(['hello', 'pong'])
      stage.hub.at().write(msg('#a', 6))
      await stage.settle()
      expect(seen).toEqual([6])
    }))

  test('a join that was never written is not written behind the hello that says it too', () =>
    play(async (stage) => {
      const client = await stage.connected()
      stage.hub.at().write(['bye', 4001, 'moving'])
      await stage.settle()
      client.join('#a')
      stage.hub.at().close(4001)
      await stage.advance(2_000)
      expect(stage.hub.at().hello['streams']).toHaveProperty('#a')
      expect(stage.hub.at().types).toEqual(['hello', 'pong'])
    }))

  test('a repair that was never answered is not repeated with its old position', () =>
    play(async (stage) => {
      const { said } = await inRoom(stage)
      stage.hub.script['join'] = () => {}
      stage.hub.at().write(msg('#a', 9))
      await stage.settle()
      stage.hub.streams.set('#a', replay(['e1', 5, 'm5'], 9))
      stage.hub.at().cut()
      await stage.advance(2_000)
      stage.hub.at().write(...[6, 7, 8, 9].map((at) => msg('#a', at)))
      await stage.settle()
      expect(said).toEqual([6, 7, 8, 9])
      expect(stage.hub.at().of('join')).toEqual([])
    }))
})

test('for every sequence of frames, each id is delivered once and in the order of its offset (P-ST-7)', () => {
  const frame = fc.record({
    at: fc.integer({ min: 1, max: 20 }),
    prev: fc.option(fc.integer({ min: 0, max: 20 })),
  })
  const follow = (frames: readonly { at: number; prev: number | null }[]): Promise<void> =>
    play(async (stage) => {
      const client = await stage.connected()
      const delivered: unknown[] = []
      client.join('#a').on('say', (data) => delivered.push(data))
      await stage.settle()
      let holes = 0
      stage.hub.script['join'] = (connection, [, ref, , options]) => {
        const { since } = options as { since: Position }
        holes++
        connection.write(['ok', ref, replay(since, since[1])])
      }
      for (const { at, prev } of frames) {
        const [position, before] = [client.positions['#a'], holes]
        stage.hub.at().write(msg('#a', at, prev === null ? {} : { prev }))
        await stage.settle()
        if (holes > before) expect(client.positions['#a']).toEqual(position)
      }
      expect(delivered).toEqual([...new Set(delivered)].sort((a, b) => Number(a) - Number(b)))
    })
  return fc.assert(fc.asyncProperty(fc.array(frame, { maxLength: 60 }), follow))
})

test('through a real hub a client that was away gets the missed messages, in order and once', () =>
  world({ seed: 3 }, async (w) => {
    const hub = w.hub({ authenticate: ({ token }) => ({ id: token ?? '' }), authorize: () => true })
    const [alice, bob] = [await w.client(hub, 'alice'), await w.client(hub, 'bob')]
    await bob.join('#a').ready
    for (let i = 0; i < 60; i++) {
      if (i % 20 === 10) w.link(bob).cut('3s')
      await alice.to('#a').send('say', i)
      if (i % 20 === 15) await w.advance('10s')
    }
    await w.advance('30s')
    expect(w.seen(bob, '#a').map(({ data }) => data)).toEqual([...Array(60).keys()])
    expect(w.gaps(bob, '#a')).toEqual([])
  }))
