import { restoreFrom } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { live, msg, play, type RawFrame, replay } from '../../support/fake-hub.ts'
import { answerJoins, hooked, inRoom, lose, position } from '../../support/snapshot-hook.ts'

describe('a connection that is lost while the hook is asked', () => {
  test('does not abort it: its answer counts on the next connection', () =>
    play(async (stage) => {
      const { said, questions, last } = await inRoom(stage)
      lose(stage)
      await stage.settle()
      stage.hub.at().cut()
      await stage.advance(3_000)
      expect(stage.hub.at().hello['streams']).toMatchObject({ '#a': null })
      stage.hub.at().write(msg('#a', 1))
      await stage.settle()
      expect(last().signal.aborted).toBe(false)
      last().answer({ state: 's', position: position(20) })
      await stage.settle()
      stage.hub.at().write(msg('#a', 21))
      await stage.settle()
      expect(said).toEqual(['trimmed', { address: '#a', state: 's', position: position(20) }, 21])
      expect(questions).toHaveLength(1)
    }))

  test('an answer that comes meanwhile is the position in the next hello', () =>
    play(async (stage) => {
      const { said, last } = await inRoom(stage)
      lose(stage)
      await stage.settle()
      stage.hub.at().cut()
      await stage.advance(0)
      last().answer({ state: 's', position: position(20) })
      stage.hub.streams.set('#a', replay(position(20), 21))
      await stage.advance(3_000)
      expect(stage.hub.at().hello['streams']).toMatchObject({ '#a': position(20) })
      expect(stage.hub.at().of('join')).toEqual([])
      stage.hub.at().write(msg('#a', 21))
      await stage.settle()
      expect(said.slice(1)).toEqual([{ address: '#a', state: 's', position: position(20) }, 21])
    }))

  test('an answer that comes between hello and welcome is joined with afterwards', () =>
    play(async (stage) => {
      const { said, last } = await inRoom(stage)
      lose(stage)
      await stage.settle()
      stage.hub.script['hello'] = () => {}
      stage.hub.at().cut()
      await stage.advance(3_000)
      last().answer({ state: 's', position: position(20) })
      await stage.settle()
      expect(stage.hub.at().of('join')).toEqual([])
      stage.hub.streams.set('#a', live(25))
      stage.hub.at().write(stage.hub.welcomeFor(stage.hub.at().of('hello')[0] as RawFrame), msg('#a', 26))
      await stage.settle()
      expect(
        stage.hub
          .at()
          .of('join')
          .map(([, , ...what]) => what),
      ).toEqual([['#a', { since: position(20) }]])
      expect(said.slice(1)).toEqual([{ address: '#a', state: 's', position: position(20) }])
    }))

  test('an answer that comes while a join is on its way is joined with behind it', () =>
    play(async (stage) => {
      const { last, said } = await inRoom(stage)
      lose(stage)
      await stage.settle()
      stage.hub.streams.set('#a', { mode: 'refused', code: 'unavailable' })
      stage.hub.script['join'] = () => {}
      stage.hub.at().cut()
      await stage.advance(3_000)
      const joins = () => stage.hub.at().of('join')
      expect(joins()).toEqual([['join', expect.any(Number), '#a']])
      last().answer({ state: 's', position: position(20) })
      await stage.settle()
      expect(joins()).toHaveLength(1)
      answerJoins(stage, 25)
      stage.hub.at().write(['ok', joins()[0]?.[1], live(25)], msg('#a', 26))
      await stage.settle()
      expect(joins()[1]?.slice(2)).toEqual(['#a', { since: position(20) }])
      expect(said).toEqual(['trimmed', { address: '#a', state: 's', position: position(20) }])
    }))

  test('a join with the position that is lost unanswered is said anew by the hello', () =>
    play(async (stage) => {
      const { said, questions, last } = await inRoom(stage)
      lose(stage)
      await stage.settle()
      stage.hub.script['join'] = () => {}
      last().answer({ state: 's', position: position(20) })
      await stage.settle()
      stage.hub.streams.set('#a', replay(position(20), 20))
      stage.hub.at().cut()
      await stage.advance(3_000)
      expect(said).toEqual(['trimmed', { address: '#a', state: 's', position: position(20) }])
      expect(questions).toHaveLength(1)
    }))

  test('a position that the next hello has no room for is joined with, also where the stream comes without asking (P-HS-7)', () =>
    play(async (stage) => {
      const { hook, questions } = hooked(stage)
      // With a session in it, too, the hello is full.
      const client = await stage.connected({ snapshot: restoreFrom(hook), token: 'x'.repeat(16_280) })
      const told: unknown[] = []
      client.on('$snapshot', ({ address }) => told.push(address))
      stage.hub.script['join'] = () => {}
      questions[0]?.answer({ state: 's', position: position(3) })
      await stage.settle()
      stage.hub.streams.set('*', live(9))
      stage.hub.at().cut()
      await stage.advance(3_000)
      expect(stage.hub.at().hello['streams']).toEqual({})
      expect([told, stage.hub.at().of('join')[0]?.slice(2)]).toEqual([[], ['*', { since: position(3) }]])
    }))

  test('a hub that only cannot at the moment does not end the room', () =>
    play(async (stage) => {
      answerJoins(stage, 5)
      const client = await stage.connected()
      const { hook, last } = hooked(stage)
      const room = client.join('#a', { snapshot: restoreFrom(hook) })
      const left: unknown[] = []
      room.on('$leave', (event) => left.push(event))
      await stage.settle()
      stage.hub.streams.set('#a', { mode: 'refused', code: 'unavailable' })
      stage.hub.at().cut()
      await stage.advance(3_000)
      last().answer({ state: 's', position: position(3) })
      await stage.advance(2_000)
      expect(left).toEqual([])
      expect(client.positions['#a']).toEqual(position(3))
    }))
})
