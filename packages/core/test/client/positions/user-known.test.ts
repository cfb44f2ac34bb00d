import { type Client, keepPositions, type Untyped } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { live, msg, play, replay, type Stage } from '../../support/fake-hub.ts'
import { MemoryStorage, textOf } from '../../support/memory-storage.ts'

const say = (client: Pick<Client<Untyped>, 'join'>): unknown[] => {
  const heard: unknown[] = []
  client.join('#a').on('say', (data) => heard.push(data))
  return heard
}

/** Joins in the turn of the client's making, so that the hello has the room. */
const enter = (stage: Stage, storage: MemoryStorage) => {
  const client = stage.client({ positions: keepPositions(storage) })
  return { client, heard: say(client) }
}

describe('the user of the saved positions', () => {
  test('is expected to be the last: the hello has the positions, and no join follows', () =>
    play(async (stage) => {
      stage.hub.streams.set('#a', replay(['e1', 5, 'm5'], 6))
      const { heard } = enter(stage, new MemoryStorage(textOf(['alice', '#a', 5, 0])))
      await stage.settle()
      expect(stage.hub.at().hello['streams']).toEqual({ '*': null, '#a': ['e1', 5, 'm5'] })
      expect(stage.hub.at().of('join')).toEqual([])
      stage.hub.at().write(msg('#a', 6))
      await stage.settle()
      expect(heard).toEqual([6])
    }))

  test('is another than expected: what the hub sends from the places of the former is dropped', () =>
    play(async (stage) => {
      stage.hub.welcome = { user: 'bob' }
      stage.hub.streams.set('#a', replay(['e1', 5, 'm5'], 7)).set('*', replay(['e1', 1, 'm1'], 2))
      stage.hub.script['join'] = () => {}
      const { client, heard } = enter(
        stage,
        new MemoryStorage(textOf(['alice', '#a', 5, 0], ['alice', '*', 1, 0], ['bob', '#b', 3, 0])),
      )
      const ofAll: unknown[] = []
      client.on('say', (data) => ofAll.push(data))
      await stage.settle()
      stage.hub.at().write(msg('#a', 6), msg('*', 2))
      await stage.settle()
      expect([heard, ofAll]).toEqual([[], []])
      const joins = stage.hub.at().of('join')
      expect(joins.map(([, , address, options]) => [address, options])).toEqual([
        ['*', undefined],
        ['#a', undefined],
        ['@bob', undefined],
      ])
      for (const [, ref] of joins) stage.hub.at().write(['ok', ref, live(7)])
      stage.hub.at().write(msg('#a', 8))
      await stage.settle()
      expect(heard).toEqual([8])
      expect(client.positions).toMatchObject({ '#a': ['e1', 8, 'm8'], '#b': ['e1', 3, 'm3'] })
    }))

  test('changes while the client is connected: the former is saved, and the new one begins at the own places', () =>
    play(async (stage) => {
      const storage = new MemoryStorage(textOf(['mallory', '#a', 2, 0]))
      stage.hub.streams.set('#a', live(5))
      const { client } = enter(stage, storage)
      await stage.settle()
      stage.hub.at().write(msg('#a', 6))
      await stage.settle()
      stage.hub.at().cut()
      stage.hub.welcome = { user: 'mallory', resumed: false }
      await stage.settle()
      client.reconnect()
      await stage.settle()
      expect([client.user, stage.time.now < 100]).toEqual(['mallory', true])
      expect(storage.of('alice')['#a']).toEqual(['e1', 6, 'm6'])
      stage.hub.streams.set('#a', replay(['e1', 2, 'm2'], 3))
      const heard = say(client)
      await stage.settle()
      expect(stage.hub.at().of('join').at(-1)).toEqual([
        'join',
        expect.any(Number),
        '#a',
        { since: ['e1', 2, 'm2'] },
      ])
      stage.hub.at().write(msg('#a', 3))
      await stage.advance(1_000)
      expect(heard).toEqual([3])
      expect(storage.of('mallory')['#a']).toEqual(['e1', 3, 'm3'])
      expect(storage.of('alice')['#a']).toEqual(['e1', 6, 'm6'])
    }))

  test('is not known before the welcome: nothing is written until then', () =>
    play(async (stage) => {
      stage.reachable = false
      const storage = new MemoryStorage()
      stage.client({ positions: keepPositions(storage) })
      await stage.advance(5_000)
      storage.endPage()
      expect(storage.writes).toBe(0)
    }))
})
