import { messages } from '@chat/store'
import { world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { only, scene, texts } from './support/chat.ts'

describe('the messages of a room', () => {
  test('have ended in a room that the hub refuses, and say why', () =>
    world({ seed: 1 }, async (w) => {
      const { rooms } = await scene(w, ['alice'], { authorize: () => false })
      const list = messages(only(rooms), 'say')
      list.subscribe(() => {})
      await w.advance('1s')
      expect(list.snapshot()).toMatchObject({ items: [], state: 'ended', error: { code: 'forbidden' } })
    }))

  test('stay when the room is taken away, and for a store that comes later', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, rooms } = await scene(w, ['alice'])
      const list = messages(only(rooms), 'say')
      list.subscribe(() => {})
      await hub.to('#a').send('say', 'seen')
      await w.advance('1s')
      await hub.to('#a').remove('@alice')
      await w.advance('1s')
      expect([texts(list.snapshot()), list.snapshot().state]).toEqual([['seen'], 'ended'])
      const late = messages(only(rooms), 'say')
      late.subscribe(() => {})
      await w.advance('1s')
      expect(late.snapshot().state).toBe('ended')
    }))

  test('have ended without an error when the room was left or the client closed', () =>
    world({ seed: 1 }, async (w) => {
      const { clients, rooms } = await scene(w, ['alice', 'bob'])
      const lists = rooms.map((room) => messages(room, 'say'))
      for (const list of lists) list.subscribe(() => {})
      await w.advance('1s')
      rooms[0]?.leave()
      clients[1]?.close()
      await w.advance('1s')
      for (const list of lists) expect(list.snapshot()).toMatchObject({ state: 'ended', error: null })
      const late = messages(rooms[0] as (typeof rooms)[0], 'say')
      late.subscribe(() => {})
      await w.advance('1s')
      expect(late.snapshot()).toMatchObject({ state: 'ended', error: null })
    }))

  test('begin with new ones without the permission to read, and name what is missing after a gap', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, clients, rooms } = await scene(w, ['alice'], {
        authorize: ({ action }) => action !== 'read',
      })
      const list = messages(only(rooms), 'say')
      list.subscribe(() => {})
      await w.advance('1s')
      expect(list.snapshot()).toMatchObject({
        items: [],
        state: 'live',
        more: false,
        error: { code: 'forbidden' },
      })
      await hub.to('#a').send('say', '1')
      await w.advance('1s')
      w.link(only(clients)).cut('10s')
      for (let i = 2; i <= 10; i++) await hub.to('#a').send('say', `${i}`)
      w.backplane.trim('#a', 2)
      await w.advance('1m')
      await hub.to('#a').send('say', 'on')
      await w.advance('1s')
      const shown = texts(list.snapshot())
      expect([shown.slice(0, 2), shown.at(-1)]).toEqual([['1', '[absent]'], 'on'])
      await list.older()
      expect(list.snapshot().state).toBe('live')
    }))
})
