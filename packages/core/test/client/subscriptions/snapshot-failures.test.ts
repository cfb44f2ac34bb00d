import { ChatError, restoreFrom, type Snapshot } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { msg, play } from '../../support/fake-hub.ts'
import { answerJoins, gone, inRoom, lose, position, type Question } from '../../support/snapshot-hook.ts'

describe('a hook that fails', () => {
  test.each<[string, (question: Question) => void, unknown]>([
    ['rejects', (question) => question.fail(new Error('no database')), { message: 'no database' }],
    ['gives nothing', (question) => question.answer(undefined as unknown as null), { code: 'usage' }],
    ['gives no position', (question) => question.answer({ state: 1 } as Snapshot), { code: 'usage' }],
    [
      'returns no position',
      (question) => question.answer({ state: 1, position: ['e1', 7, null] }),
      { code: 'usage' },
    ],
    [
      'returns a position whose epoch is too long',
      (question) => question.answer({ state: 1, position: position(7, 'e'.repeat(17)) }),
      { code: 'usage' },
    ],
  ])('because it %s is reported and called again, and no message is lost (S-31)', (_, happens, error) =>
    play(async (stage) => {
      const { client, said, questions, last } = await inRoom(stage)
      lose(stage)
      await stage.settle()
      happens(last())
      await stage.settle()
      expect(client.said.errors).toEqual([{ error: expect.objectContaining(error), subject: '#a snapshot' }])
      await stage.advance(700)
      expect(questions).toHaveLength(2)
      expect(questions[1]?.gap).toEqual(questions[0]?.gap)
      last().answer({ state: 's', position: position(20) })
      await stage.settle()
      stage.hub.at().write(msg('#a', 21))
      await stage.settle()
      expect(said.slice(1)).toEqual([{ address: '#a', state: 's', position: position(20) }, 21])
    }),
  )

  test('by throwing in the call is the same', () =>
    play(async (stage) => {
      answerJoins(stage, 5)
      const client = await stage.connected()
      let calls = 0
      client.join('#a', {
        snapshot: restoreFrom(() => {
          if (++calls < 3) throw new RangeError('early')
          return { state: 's', position: position(5) }
        }),
      })
      await stage.advance(3_000)
      expect(calls).toBe(3)
      expect(client.said.errors.map(({ error }) => error)).toEqual([
        expect.any(RangeError),
        expect.any(RangeError),
      ])
      expect(client.positions['#a']).toEqual(position(5))
    }))

  test('is asked with growing patience, and at once after the next gap', () =>
    play(async (stage) => {
      const { questions, last } = await inRoom(stage)
      lose(stage)
      await stage.settle()
      const waits: number[] = []
      for (let i = 0; i < 12; i++) {
        const failed = stage.time.now
        last().fail(new Error('down'))
        await stage.advance(20_100)
        waits.push(last().at - failed)
      }
      expect(questions).toHaveLength(13)
      for (const [i, wait] of waits.entries()) {
        expect(wait).toBeGreaterThanOrEqual(100)
        expect(wait).toBeLessThanOrEqual(100 + Math.min(20_000, 500 * 2 ** i))
      }
      expect(Math.max(...waits.slice(6))).toBeGreaterThan(5_000)
      last().answer({ state: 's', position: position(30) })
      await stage.settle()
      lose(stage, 60)
      await stage.settle()
      expect(questions).toHaveLength(14)
    }))

  test('with a position that the hub refuses offers it on no later connection', () =>
    play(async (stage) => {
      const { questions, last } = await inRoom(stage)
      lose(stage)
      await stage.settle()
      stage.hub.script['join'] = (connection, [, ref]) => connection.write(['ok', ref, gone(40, 'trimmed')])
      last().answer({ state: 'refused', position: position(20) })
      await stage.settle()
      stage.hub.at().cut()
      await stage.advance(3_000)
      expect(stage.hub.at().hello['streams']).toMatchObject({ '#a': null })
      expect(questions).toHaveLength(2)
    }))

  test.each(['trimmed', 'limit'])(
    'with a position that is %s to the hub is asked again, and its state is not handed out',
    (reason) =>
      play(async (stage) => {
        const { client, said, questions, last } = await inRoom(stage)
        lose(stage)
        await stage.settle()
        stage.hub.script['join'] = (connection, [, ref]) =>
          connection.write(['ok', ref, gone(40, reason)], msg('#a', 41))
        last().answer({ state: 'refused', position: position(20) })
        await stage.settle()
        const gap = { address: '#a', reason, from: position(20), to: position(40) }
        expect(client.said.errors).toEqual([
          { error: expect.objectContaining({ code: 'conflict', detail: gap }), subject: '#a snapshot' },
        ])
        expect(questions).toHaveLength(1)
        answerJoins(stage, 45)
        await stage.advance(700)
        expect(questions[1]?.gap).toEqual(gap)
        last().answer({ state: 'taken', position: position(42) })
        await stage.settle()
        stage.hub.at().write(msg('#a', 43))
        await stage.settle()
        expect(said).toEqual(['trimmed', { address: '#a', state: 'taken', position: position(42) }, 43])
      }),
  )
})

test('an error of a hook is the application’s own, unchanged', () =>
  play(async (stage) => {
    answerJoins(stage, 5)
    const client = await stage.connected()
    const error = new ChatError('shop/closed', 'come back tomorrow')
    client.join('#a', {
      snapshot: restoreFrom(() => {
        throw error
      }),
    })
    await stage.settle()
    expect(client.said.errors[0]?.error).toBe(error)
  }))
