import { readMessages } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { live, msg, play } from '../../support/fake-hub.ts'

const rejections: unknown[] = []
process.on('unhandledRejection', (error) => rejections.push(error))

describe('handles of one room', () => {
  test('are separate, and the hub gets a single join and a single leave', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const rooms = [client.join('#a'), client.join('#a'), client.join('#a')]
      expect(new Set(rooms).size).toBe(3)
      await stage.settle()
      rooms[0]?.leave()
      rooms[0]?.leave()
      rooms[1]?.leave()
      await stage.settle()
      expect(stage.hub.at().types).toEqual(['hello', 'join'])
      rooms[2]?.leave()
      await stage.settle()
      expect(stage.hub.at().types).toEqual(['hello', 'join', 'leave'])
    }))

  test('that have left receive no further messages; the remaining handles do', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const [a, b] = [client.join('#a'), client.join('#a')]
      const seen: string[] = []
      a.on('say', () => seen.push('a'))
      b.on('say', () => seen.push('b'))
      await stage.settle()
      stage.hub.at().write(msg('#a', 1))
      await stage.settle()
      a.leave()
      stage.hub.at().write(msg('#a', 2))
      await stage.settle()
      expect(seen).toEqual(['a', 'b', 'b'])
    }))

  test('a later handle is ready at once, and receives messages from then on', () =>
    play(async (stage) => {
      const client = await stage.connected()
      client.join('#a')
      await stage.settle()
      stage.hub.at().write(msg('#a', 1))
      await stage.settle()
      const later = client.join('#a')
      await later.ready
      const seen: unknown[] = []
      later.on('say', (data) => seen.push(data))
      stage.hub.at().write(msg('#a', 2))
      await stage.settle()
      expect(seen).toEqual([2])
    }))

  test('P-ST-7: joined again at a hub that lags behind do not get the same messages again', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const room = client.join('#a')
      await stage.settle()
      stage.hub.at().write(msg('#a', 1), msg('#a', 2))
      await stage.settle()
      room.leave()
      stage.hub.streams.set('#a', live(1))
      const seen: unknown[] = []
      client.join('#a').on('say', (data) => seen.push(data))
      await stage.settle()
      stage.hub.at().write(msg('#a', 2), msg('#a', 3))
      await stage.settle()
      expect(seen).toEqual([3])
    }))

  test('joined again after the last leave begins anew, without the old position', () =>
    play(async (stage) => {
      stage.hub.streams.set('#a', live(5))
      const client = await stage.connected()
      client.join('#a').leave()
      await stage.settle()
      expect(client.positions).not.toHaveProperty('#a')
      const again = client.join('#a')
      await stage.settle()
      await again.ready
      expect(stage.hub.at().of('join').at(-1)).toEqual(['join', expect.any(Number), '#a'])
    }))

  test('the answer to a join before a leave is not taken for the answer to the next join', () =>
    play(async (stage) => {
      stage.hub.script['join'] = () => {}
      const client = await stage.connected()
      client.join('#a').leave()
      const room = client.join('#a')
      const ready = stage.watch(room.ready)
      await stage.settle()
      stage.hub.at().write(['ok', 1, live(1)], ['ok', 2])
      await stage.settle()
      expect(ready.state).toBe('pending')
      stage.hub.at().write(['ok', 3, live(2)])
      await stage.settle()
      expect(ready.state).toBe('resolved')
      expect(client.positions['#a']).toEqual(['e1', 2, 'm2'])
    }))
})

describe('ready', () => {
  test('resolves when the hub has taken the client in', () =>
    play(async (stage) => {
      stage.hub.script['join'] = () => {}
      const client = await stage.connected()
      const ready = stage.watch(client.join('#a').ready)
      await stage.settle()
      expect(ready.state).toBe('pending')
      stage.hub.at().write(['ok', 1, live()])
      await stage.settle()
      expect(ready.state).toBe('resolved')
    }))

  test.each([
    ['the hub refuses', 'forbidden'],
    ['the hub refuses only for now', 'unavailable'],
  ])('rejects when %s, and `$leave` says so; the room is not asked for again', (_, code) =>
    play(async (stage) => {
      stage.hub.script['join'] = (connection, [, ref]) => connection.write(['err', ref, code, 'no'])
      const client = await stage.connected()
      const room = client.join('#a')
      const left: unknown[] = []
      room.on('$leave', (event) => left.push(event))
      const ready = stage.watch(room.ready)
      await stage.settle()
      expect(ready.error).toMatchObject({ code })
      expect(left).toMatchObject([{ address: '#a', error: { code } }])
      stage.hub.at().cut()
      await stage.advance(3_000)
      expect(stage.hub.at().hello['streams']).not.toHaveProperty('#a')
    }),
  )

  test('rejects when a welcome refuses the room', () =>
    play(async (stage) => {
      stage.hub.streams.set('#a', { mode: 'refused', code: 'forbidden' })
      const ready = stage.watch(stage.client().join('#a').ready)
      await stage.settle()
      expect(ready.error).toMatchObject({ code: 'forbidden' })
    }))

  test('rejects when the room is left or the client closed before', () =>
    play(async (stage) => {
      stage.hub.script['hello'] = () => {}
      const client = stage.client()
      const [a, b] = [client.join('#a'), client.join('#b')]
      const outcomes = [a, b].map(({ ready }) => stage.watch(ready))
      a.leave()
      client.close()
      await stage.settle()
      expect(outcomes.map(({ error }) => error?.code)).toEqual(['closed', 'closed'])
    }))

  test('is never an unhandled rejection', () =>
    play(async (stage) => {
      stage.hub.script['join'] = (connection, [, ref]) => connection.write(['err', ref, 'forbidden', 'no'])
      const client = await stage.connected()
      client.join('#a')
      await stage.settle()
      await new Promise((resolve) => setImmediate(resolve))
      expect(rejections).toEqual([])
    }))
})

describe('left', () => {
  test('ends the room: no event of it follows, and it is not joined again (P-ST-10)', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const room = client.join('#a')
      const seen: unknown[] = []
      room.on('say', (data) => seen.push(data))
      room.on('$leave', ({ error }) => seen.push(error.code, error.message))
      await stage.settle()
      const next = readMessages(room).next()
      stage.hub.at().write(msg('#a', 1), ['left', '#a', 'forbidden', 'banned'], msg('#a', 2))
      await stage.settle()
      expect(seen).toEqual([1, 'forbidden', 'banned'])
      await expect(next).resolves.toMatchObject({ value: { position: ['e1', 1, 'm1'] } })
      stage.hub.at().cut()
      await stage.advance(3_000)
      expect(stage.hub.at().hello['streams']).not.toHaveProperty('#a')
      await client.join('#a')
      await stage.settle()
      expect(stage.hub.at().of('join')).toHaveLength(1)
    }))

  test('during a join because of a hole leaves that join too (P-ST-10)', () =>
    play(async (stage) => {
      const client = await stage.connected()
      client.join('#a')
      await stage.settle()
      stage.hub.at().write(msg('#a', 3), ['left', '#a', 'forbidden', 'banned'])
      await stage.settle()
      expect(stage.hub.at().types).toEqual(['hello', 'join', 'join', 'leave'])
    }))

  test('ends a `ready` that is still open', () =>
    play(async (stage) => {
      stage.hub.script['join'] = () => {}
      const client = await stage.connected()
      const room = client.join('#a')
      await stage.settle()
      stage.hub.at().write(['left', '#a', 'club/full', 'nobody else'])
      await stage.settle()
      await expect(room.ready).rejects.toMatchObject({ code: 'club/full', message: 'nobody else' })
    }))
})
