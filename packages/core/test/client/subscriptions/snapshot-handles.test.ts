import { type Position, restoreFrom, UsageError } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { live, msg, play, replay } from '../../support/fake-hub.ts'
import { hooked, inRoom, listen, lose, position } from '../../support/snapshot-hook.ts'

describe('the hook of a room with several handles', () => {
  test('belongs to the first handle; every handle gets its state, and it stays until the last handle has left', () =>
    play(async (stage) => {
      const { client, room, last } = await inRoom(stage)
      const said = listen(client.join('#a'))
      room.leave()
      lose(stage)
      await stage.settle()
      last().answer({ state: 's', position: position(20) })
      await stage.settle()
      expect(said).toEqual(['trimmed', { address: '#a', state: 's', position: position(20) }])
    }))

  test('given with a later handle is a UsageError, and does not change the room', () =>
    play(async (stage) => {
      const { client, room, said } = await inRoom(stage)
      const { hook, questions } = hooked(stage)
      expect(() => client.join('#a', { snapshot: restoreFrom(hook) })).toThrow(UsageError)
      client.join('#b')
      expect(() => client.join('#b', { snapshot: restoreFrom(hook) })).toThrow(/with the first join/)
      room.leave()
      expect(stage.hub.at().of('leave')).toEqual([])
      await stage.settle()
      expect(stage.hub.at().of('leave')).toHaveLength(1)
      client.join('#a', { snapshot: restoreFrom(hook) })
      await stage.settle()
      expect([questions.length, said]).toEqual([1, []])
    }))
})

describe('the hook of a client', () => {
  test('gives the state of `*` and of the own inbox', () =>
    play(async (stage) => {
      stage.hub.streams.set('*', live(3)).set('@alice', live(4))
      const { hook, questions } = hooked(stage)
      const client = await stage.connected({ snapshot: restoreFrom(hook) })
      const said: unknown[] = []
      client.on('$snapshot', ({ address, state }) => said.push([address, state]))
      client.on('say', (data, { address }) => said.push([address, data]))
      expect(questions.map(({ address, gap }) => [address, gap])).toEqual([
        ['*', null],
        ['@alice', null],
      ])
      stage.hub.script['join'] = (connection, [, ref, , options]) =>
        connection.write(['ok', ref, replay((options as { since: Position }).since)])
      questions[1]?.answer({ state: 'three unread', position: position(2) })
      questions[0]?.answer(null)
      await stage.settle()
      stage.hub.at().write(msg('@alice', 3), msg('*', 4))
      await stage.settle()
      expect(said).toEqual([
        ['@alice', 'three unread'],
        ['@alice', 3],
        ['*', 4],
      ])
      stage.hub.at().write(['gap', '*', 'epoch', position(0, 'e2')])
      await stage.settle()
      expect(client.said.gaps).toHaveLength(1)
      expect(questions[2]).toMatchObject({ address: '*', gap: { reason: 'epoch', from: position(4) } })
    }))

  test('is not that of its rooms', () =>
    play(async (stage) => {
      const { hook, questions } = hooked(stage)
      const client = await stage.connected({ snapshot: restoreFrom(hook) })
      client.join('#a')
      await stage.settle()
      expect(questions.map(({ address }) => address)).toEqual(['*', '@alice'])
    }))
})
