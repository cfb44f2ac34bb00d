import { restoreFrom } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { msg, play } from '../../support/fake-hub.ts'
import { answerJoins, gone, hooked, listen, position } from '../../support/snapshot-hook.ts'

describe('a room with a snapshot hook, at first', () => {
  test('asks it once the hub has taken it in, hands out the state, and goes on from its position', () =>
    play(async (stage) => {
      answerJoins(stage, 7)
      const client = await stage.connected()
      const { hook, questions, last } = hooked(stage)
      const room = client.join('#a', { snapshot: restoreFrom(hook) })
      const said = listen(room)
      expect(questions).toEqual([])
      await stage.settle()
      await room.ready
      expect(last()).toMatchObject({ address: '#a', gap: null, signal: { aborted: false } })
      last().answer({ state: ['of', 5], position: position(5) })
      await stage.settle()
      expect(stage.hub.at().of('join')).toEqual([
        ['join', 1, '#a'],
        ['join', 2, '#a', { since: position(5) }],
      ])
      stage.hub.at().write(msg('#a', 6), msg('#a', 7))
      await stage.settle()
      expect(said).toEqual([{ address: '#a', state: ['of', 5], position: position(5) }, 6, 7])
      expect(questions).toHaveLength(1)
    }))

  test('a hook that answers at once will do', () =>
    play(async (stage) => {
      answerJoins(stage, 7)
      const client = await stage.connected()
      const said = listen(
        client.join('#a', { snapshot: restoreFrom(() => ({ state: 'now', position: position(0) })) }),
      )
      await stage.settle()
      expect(said).toEqual([{ address: '#a', state: 'now', position: position(0) }])
    }))

  test('does not ask it where a saved position will do, and does where it will not', () =>
    play(async (stage) => {
      answerJoins(stage, 7)
      const client = await stage.connected({ positions: { '#a': position(3), '#b': position(3) } })
      const { hook, questions } = hooked(stage)
      const said = listen(client.join('#a', { snapshot: restoreFrom(hook) }))
      await stage.settle()
      stage.hub.at().write(msg('#a', 4))
      await stage.settle()
      expect([said, questions]).toEqual([[4], []])
      stage.hub.script['join'] = (connection, [, ref]) => connection.write(['ok', ref, gone(9, 'trimmed')])
      client.join('#b', { snapshot: restoreFrom(hook) })
      await stage.settle()
      expect(questions).toMatchObject([{ gap: { reason: 'trimmed', from: position(3), to: position(9) } }])
    }))

  test('does not ask it for a room that the hub refuses', () =>
    play(async (stage) => {
      stage.hub.script['join'] = (connection, [, ref]) => connection.write(['err', ref, 'forbidden', 'no'])
      const client = await stage.connected()
      const { hook, questions } = hooked(stage)
      const ready = stage.watch(client.join('#a', { snapshot: restoreFrom(hook) }).ready)
      await stage.advance(30_000)
      expect(ready.error).toMatchObject({ code: 'forbidden' })
      expect(questions).toEqual([])
    }))

  test('continues at its position when the hook returns null', () =>
    play(async (stage) => {
      answerJoins(stage, 5)
      const client = await stage.connected()
      const said = listen(client.join('#a', { snapshot: restoreFrom(() => null) }))
      await stage.settle()
      expect(stage.hub.at().of('join').at(-1)).toEqual(['join', 2, '#a', { since: position(5) }])
      stage.hub.at().write(msg('#a', 6))
      await stage.settle()
      expect(said).toEqual([6])
    }))
})
