import { type Gap, restoreFrom } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { msg, play, type Stage } from '../../support/fake-hub.ts'
import { answerJoins, gone, inRoom, lose, position } from '../../support/snapshot-hook.ts'

describe('a gap in a room with a snapshot hook', () => {
  const gap: Gap = { address: '#a', reason: 'trimmed', from: position(5), to: position(30) }

  test.each([
    ['a gap frame', async (stage: Stage) => lose(stage)],
    [
      'the answer to the join that fills a hole',
      async (stage: Stage) => {
        stage.hub.script['join'] = (connection, [, ref]) => {
          connection.write(['ok', ref, gone(30, 'trimmed')])
          answerJoins(stage, 30)
        }
        stage.hub.at().write(msg('#a', 9))
      },
    ],
    [
      'the welcome',
      async (stage: Stage) => {
        stage.hub.streams.set('#a', gone(30, 'trimmed'))
        stage.hub.at().cut()
        await stage.advance(2_000)
      },
    ],
  ])('from %s is reported first, then comes the state, then the messages after its position', (_, happens) =>
    play(async (stage) => {
      const { said, questions, last } = await inRoom(stage)
      await happens(stage)
      await stage.settle()
      expect(said).toEqual(['trimmed'])
      expect(questions).toMatchObject([{ address: '#a', gap }])
      last().answer({ state: 'second', position: position(20) })
      await stage.settle()
      expect(stage.hub.at().of('join').at(-1)?.slice(2)).toEqual(['#a', { since: position(20) }])
      stage.hub.at().write(msg('#a', 21), msg('#a', 22))
      await stage.settle()
      expect(said.slice(1)).toEqual([{ address: '#a', state: 'second', position: position(20) }, 21, 22])
      expect(questions).toHaveLength(1)
    }),
  )

  test('S-31: however slow the hook is, no message is handed out before its state; casts are', () =>
    play(async (stage) => {
      const { said, last, questions } = await inRoom(stage)
      lose(stage)
      for (let at = 31; at <= 100; at++) {
        stage.hub.at().write(msg('#a', at), ['cast', '#a', 'say', `cast ${at}`, 'bob'])
        if (at % 10 === 0) await stage.advance(10_000)
      }
      stage.hub.at().write(['gap', '#a', 'epoch', position(0, 'e2')])
      await stage.settle()
      expect(said.splice(0, 1)).toEqual(['trimmed'])
      expect(said.splice(0)).toEqual(Array.from({ length: 70 }, (_, i) => `cast ${i + 31}`))
      last().answer({ state: 'late', position: position(31) })
      await stage.settle()
      stage.hub.at().write(msg('#a', 32))
      await stage.settle()
      expect(said).toEqual([{ address: '#a', state: 'late', position: position(31) }, 32])
      expect(questions).toHaveLength(1)
    }))

  test('S-31: behind an older position messages come again that came before the gap (P-ST-7)', () =>
    play(async (stage) => {
      const { said, last } = await inRoom(stage)
      stage.hub.at().write(msg('#a', 6), msg('#a', 7))
      await stage.settle()
      lose(stage, 8)
      await stage.settle()
      last().answer({ state: 'of 5, or later', position: position(5) })
      await stage.settle()
      stage.hub.at().write(...[6, 7, 8].map((at) => msg('#a', at)))
      await stage.settle()
      expect(said.slice(0, 3)).toEqual([6, 7, 'trimmed'])
      expect(said.slice(4)).toEqual([6, 7, 8])
    }))

  test('a message that comes twice behind the state is handed out once all the same (P-ST-7)', () =>
    play(async (stage) => {
      const { said, last } = await inRoom(stage)
      lose(stage)
      await stage.settle()
      last().answer({ state: 's', position: position(20) })
      await stage.settle()
      stage.hub.at().write(msg('#a', 21), msg('#a', 22, { id: 'm21' }), msg('#a', 23))
      await stage.settle()
      expect(said.slice(2)).toEqual([21, 23])
    }))

  test('continues after the gap when the hook returns null', () =>
    play(async (stage) => {
      const { said, last, joins } = await inRoom(stage)
      stage.hub.at().write(msg('#a', 6))
      lose(stage)
      stage.hub.at().write(msg('#a', 31))
      await stage.settle()
      last().answer(null)
      await stage.settle()
      expect(joins().map(([, , ...what]) => what)).toEqual([['#a', { since: position(30) }]])
      stage.hub.at().write(msg('#a', 31), msg('#a', 32, { id: 'm6' }), msg('#a', 33))
      await stage.settle()
      expect(said).toEqual([6, 'trimmed', 31, 33])
    }))

  test('observe sees the gap, the snapshot and the messages in this order', () =>
    play(async (stage) => {
      answerJoins(stage, 5)
      const observed: unknown[] = []
      const client = await stage.connected({
        observe: (what) => what.type !== 'status' && observed.push(what),
      })
      client.join('#a', { snapshot: restoreFrom(() => ({ state: 's', position: position(5) })) })
      await stage.settle()
      lose(stage)
      await stage.settle()
      stage.hub.at().write(msg('#a', 6))
      await stage.settle()
      const snapshot = { type: 'snapshot', address: '#a', state: 's', position: position(5) }
      expect(observed).toEqual([
        snapshot,
        { type: 'gap', ...gap },
        snapshot,
        expect.objectContaining({ type: 'message', position: position(6), data: 6 }),
      ])
    }))

  test('leaves the saved position where it was until the state is there: a reload asks again', () =>
    play(async (stage) => {
      const { client, last } = await inRoom(stage)
      lose(stage)
      await stage.settle()
      expect(client.positions['#a']).toEqual(position(5))
      last().answer({ state: 's', position: position(20) })
      await stage.settle()
      expect(client.positions['#a']).toEqual(position(20))
    }))
})
