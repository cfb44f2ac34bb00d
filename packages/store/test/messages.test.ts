import { messages } from '@chat/store'
import { world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { enter, only, scene, states, texts } from './support/chat.ts'

describe('the messages of a room', () => {
  test('are the newest of the past and those that follow, in the order of the log', () =>
    world({ seed: 1 }, async (w) => {
      const { hub } = await scene(w, [])
      for (let i = 1; i <= 5; i++) await hub.to('#a').send('say', `${i}`)
      const [room, other] = [await enter(w, hub, 'alice'), await enter(w, hub, 'bob')]
      const list = messages(room, 'say', { last: 3 })
      expect(list.snapshot()).toEqual({
        items: [],
        state: 'loading',
        error: null,
        more: true,
        loadingOlder: false,
      })
      list.subscribe(() => {})
      await w.advance('1s')
      expect([texts(list.snapshot()), list.snapshot().state, list.snapshot().more]).toEqual([
        ['3', '4', '5'],
        'live',
        true,
      ])
      await other.send('say', '6')
      await room.send('say', '7')
      await w.advance('1s')
      expect(texts(list.snapshot())).toEqual(['3', '4', '5', '6', '7'])
      expect(
        list.snapshot().items.map((item) => (item.event === '$gap' ? null : [item.from, item.mine])),
      ).toEqual([
        [null, false],
        [null, false],
        [null, false],
        ['bob', false],
        ['alice', true],
      ])
    }))

  test('are those of the events that are asked for, and the list is filled with them', () =>
    world({ seed: 1 }, async (w) => {
      const { hub } = await scene(w, [])
      for (let i = 1; i <= 40; i++) await hub.to('#a').send('say', `${i}`)
      for (let i = 1; i <= 60; i++) await hub.to('#a').send('note', { title: `${i}` })
      const room = await enter(w, hub, 'alice')
      const list = messages(room, 'say', { last: 20 })
      list.subscribe(() => {})
      await w.advance('1s')
      expect(list.snapshot().items.length).toBeGreaterThanOrEqual(20)
      expect(texts(list.snapshot()).at(-1)).toBe('40')
      const both = messages(room, ['say', 'note'], { last: 2 })
      both.subscribe(() => {})
      await w.advance('1s')
      const titles = both
        .snapshot()
        .items.map((item) => (item.event === 'note' && !item.removed ? item.data.title : null))
      expect(titles).toEqual(['59', '60'])
    }))

  test('keep their objects while they do not change, and the snapshot stays while nothing changes', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, rooms } = await scene(w, ['alice'])
      await hub.to('#a').send('say', '1')
      const list = messages(only(rooms), 'say')
      let calls = 0
      list.subscribe(() => calls++)
      await w.advance('1s')
      const before = list.snapshot()
      const told = calls
      await hub.to('#a').cast('typing', true)
      await hub.to('#a').send('note', { title: 'not shown' })
      await w.advance('1s')
      expect(list.snapshot()).toBe(before)
      await hub.to('#a').send('say', '2')
      await w.advance('1s')
      expect(calls).toBeGreaterThan(told)
      expect(list.snapshot()).not.toBe(before)
      expect(list.snapshot().items[0]).toBe(before.items[0])
    }))

  test('go back page by page, until the log has no more', () =>
    world({ seed: 1 }, async (w) => {
      const { hub } = await scene(w, [])
      for (let i = 1; i <= 100; i++) await hub.to('#a').send('say', `${i}`)
      const list = messages(await enter(w, hub, 'alice'), 'say', { last: 10 })
      await list.older()
      expect(list.snapshot().items).toEqual([])
      list.subscribe(() => {})
      await w.advance('1s')
      const both = [list.older(30), list.older(30)]
      expect(list.snapshot().loadingOlder).toBe(true)
      await w.advance('1s')
      await Promise.all(both)
      expect([list.snapshot().items.length, list.snapshot().more, list.snapshot().loadingOlder]).toEqual([
        40,
        true,
        false,
      ])
      void list.older(500)
      await w.advance('1s')
      expect(list.snapshot().more).toBe(false)
      expect(texts(list.snapshot())).toEqual(Array.from({ length: 100 }, (_, i) => `${i + 1}`))
      await list.older()
    }))

  test('have a gap in the place of messages that the log no longer has', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, rooms, clients } = await scene(w, ['alice'])
      await hub.to('#a').send('say', '1')
      const list = messages(only(rooms), 'say')
      list.subscribe(() => {})
      await w.advance('1s')
      w.link(only(clients)).cut('10s')
      for (let i = 2; i <= 30; i++) await hub.to('#a').send('say', `${i}`)
      w.backplane.trim('#a', 5)
      await w.advance('1m')
      const shown = texts(list.snapshot())
      expect(shown).toEqual(['1', '[trimmed]', '26', '27', '28', '29', '30'])
      expect(states(list.snapshot())[1]).toBe('gap')
    }))

  test('miss nothing while the store has no listeners', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, rooms } = await scene(w, ['alice'])
      const list = messages(only(rooms), 'say')
      const undo = list.subscribe(() => {})
      await hub.to('#a').send('say', '1')
      await w.advance('1s')
      undo()
      await w.advance('2s')
      await hub.to('#a').send('say', '2')
      await w.advance('2s')
      expect(texts(list.snapshot())).toEqual(['1'])
      list.subscribe(() => {})
      await w.advance('1s')
      expect(texts(list.snapshot())).toEqual(['1', '2'])
    }))

  test('miss nothing of a log that was empty at first, nor of a list that begins with new messages', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, rooms } = await scene(w, ['alice'])
      // With a listener of the application, no message waits for the list.
      only(rooms).on('typing', () => {})
      const lists = [messages(only(rooms), 'say'), messages(only(rooms), 'say', { last: 0 })]
      const undos = lists.map((list) => list.subscribe(() => {}))
      await w.advance('1s')
      for (const undo of undos) undo()
      await w.advance('2s')
      for (let i = 0; i < 60; i++) await hub.to('#a').send('say', `${i}`)
      for (const list of lists) list.subscribe(() => {})
      await w.advance('1s')
      for (const list of lists) expect(list.snapshot().items.length).toBe(60)
      const late = messages(await enter(w, hub, 'bob'), 'say', { last: 0 })
      late.subscribe(() => {})
      await w.advance('1s')
      expect([texts(late.snapshot()), late.snapshot().more]).toEqual([[], true])
      void late.older(2)
      await w.advance('1s')
      expect(texts(late.snapshot()).at(-1)).toBe('59')
    }))

  test('cannot be shown with an option that does not exist, or a wrong number', () =>
    world({ seed: 1 }, async (w) => {
      const { rooms } = await scene(w, ['alice'])
      const room = only(rooms)
      expect(() => messages(room, 'say', { lats: 5 } as never)).toThrow(
        "unable to show messages: there is no option 'lats'; the options are last, most, initial,",
      )
      expect(() => messages(room, 'say', { last: -1 })).toThrow(
        "the option 'last' must be a whole number from 0 to 1000",
      )
    }))
})
