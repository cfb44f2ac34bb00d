import { messages } from '@chat/store'
import { type World, world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { only, scene, states, texts } from './support/chat.ts'

async function one(w: World, options = {}) {
  const { hub, clients, rooms } = await scene(w, ['alice'], options)
  const [client, room] = [only(clients), only(rooms)]
  const list = messages(room, 'say')
  list.subscribe(() => {})
  await w.advance('1s')
  return { hub, client, room, list }
}

describe('a message that is sent', () => {
  test('is in the list at once, and keeps its key and place from waiting to stored', () =>
    world({ seed: 1 }, async (w) => {
      const { list } = await one(w)
      const seen: string[] = []
      list.subscribe(() => seen.push(...states(list.snapshot())))
      const { key, state } = list.send('say', 'hi')
      expect([state, seen]).toEqual(['written', ['written']])
      await w.advance('1s')
      expect([...new Set(seen)]).toEqual(['written', 'stored'])
      const { items } = list.snapshot()
      expect(items.map((item) => [item.key, item.event])).toEqual([[key, 'say']])
      const item = only(items)
      expect(item).toMatchObject({ data: 'hi', from: 'alice', mine: true, state: 'stored', error: null })
      expect(item.event !== '$gap' && [item.id === null, item.position === null, item.time === null]).toEqual(
        [false, false, false],
      )
    }))

  test('waits behind the others while there is no connection, and is stored once', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, client, list } = await one(w)
      await hub.to('#a').send('say', '1')
      await w.advance('1s')
      w.link(client).cut('10s')
      await w.advance('1s')
      list.send('say', '3')
      list.send('say', '4')
      await hub.to('#a').send('say', '2')
      await w.advance('5s')
      expect(texts(list.snapshot())).toEqual(['1', '3', '4'])
      expect(states(list.snapshot())).toEqual(['stored', 'waiting', 'waiting'])
      await w.advance('1m')
      expect(texts(list.snapshot())).toEqual(['1', '2', '3', '4'])
      expect(new Set(states(list.snapshot()))).toEqual(new Set(['stored']))
    }))

  test('is refused with the reason of the hub, and can be sent again or dropped', () =>
    world({ seed: 1 }, async (w) => {
      let allowed = false
      const { list } = await one(w, {
        authorize: ({ action }: { action: string }) => action !== 'send' || allowed,
      })
      const item = list.send('say', 'hi')
      await w.advance('1s')
      expect(states(list.snapshot())).toEqual(['refused'])
      expect(only(list.snapshot().items)).toMatchObject({ error: { code: 'forbidden' }, key: item.key })
      allowed = true
      list.retry(item)
      expect(states(list.snapshot())).toEqual(['written'])
      await w.advance('1s')
      expect([texts(list.snapshot()), states(list.snapshot())]).toEqual([['hi'], ['stored']])
      list.discard(item)
      list.retry(item)
      await w.advance('1s')
      expect(texts(list.snapshot())).toEqual(['hi'])
      const bad = list.send('say', 1 as never)
      await w.advance('1s')
      expect(states(list.snapshot())).toEqual(['stored', 'refused'])
      list.discard(bad)
      expect(states(list.snapshot())).toEqual(['stored'])
    }))

  test('is stored once for a list without listeners, and in its place when the list goes on', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, room } = await one(w)
      const list = messages(room, 'say')
      list.send('say', '1')
      await w.advance('1s')
      await hub.to('#a').send('say', '2')
      expect([texts(list.snapshot()), states(list.snapshot())]).toEqual([['1'], ['stored']])
      list.subscribe(() => {})
      await w.advance('1s')
      expect(texts(list.snapshot())).toEqual(['1', '2'])
    }))

  test('is refused in a room that was left or taken away', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, room, list } = await one(w)
      await hub.to('#a').remove('@alice')
      await w.advance('1s')
      expect(list.snapshot()).toMatchObject({ state: 'ended', error: { code: 'forbidden' } })
      room.leave()
      list.send('say', 'hi')
      await w.advance('1s')
      expect(states(list.snapshot()).length).toBe(1)
    }))

  test('is shown in its place when a gap has swallowed its copy', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, client, list } = await one(w)
      await hub.to('#a').send('say', 'before')
      await w.advance('1s')
      w.link(client).stall('3s', 'down')
      list.send('say', 'mine')
      await w.advance('1s')
      w.link(client).cut('5s')
      for (const text of ['lost', 'after']) await hub.to('#a').send('say', text)
      w.backplane.trim('#a', 1)
      expect(states(list.snapshot())).toEqual(['stored', 'written'])
      await w.advance('1m')
      expect(texts(list.snapshot())).toEqual(['before', 'mine', '[trimmed]', 'after'])
      expect(states(list.snapshot())).toEqual(['stored', 'stored', 'gap', 'stored'])
    }))
})
