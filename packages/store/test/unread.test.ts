import type { Position, Room } from '@chat/core'
import { seenBy, type UnreadStore, unread } from '@chat/store'
import { type World, world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { type Chat, enter, scene } from './support/chat.ts'

/** Sends texts to the room, and returns their positions. */
async function say(room: Room<Chat>, ...list: string[]): Promise<Position[]> {
  const found: Position[] = []
  for (const text of list) found.push((await room.send('say', text)).position)
  return found
}

async function two(w: World) {
  const { hub } = await scene(w, [])
  return { hub, bob: await enter(w, hub, 'bob') }
}

describe('the unread messages of a room', () => {
  test('are those of others behind the mark, which is the same on all devices', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, bob } = await two(w)
      const [first, second] = (await say(bob, '1', '2', '3')) as [Position, Position]
      const stores = [await enter(w, hub, 'alice'), await enter(w, hub, 'alice')].map((room) =>
        unread(room, 'say'),
      )
      const [phone, laptop] = stores as [(typeof stores)[0], (typeof stores)[0]]
      expect(phone.snapshot()).toMatchObject({ count: 0, more: true, lastRead: null, state: 'loading' })
      for (const store of stores) store.subscribe(() => {})
      await w.advance('2s')
      expect(stores.map((store) => store.snapshot().count)).toEqual([3, 3])
      phone.mark(second)
      expect(phone.snapshot()).toMatchObject({ count: 1, lastRead: second })
      phone.mark(first)
      await w.advance('2s')
      expect(laptop.snapshot()).toMatchObject({
        count: 1,
        more: false,
        lastRead: second,
        state: 'live',
        error: null,
      })
      await say(bob, '4')
      await w.advance('2s')
      expect(stores.map((store) => store.snapshot().count)).toEqual([2, 2])
    }))

  test('are counted from the receipt in the log after a reload, also far back', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, bob } = await two(w)
      const [mark] = (await say(bob, 'read')) as [Position]
      const before = unread(await enter(w, hub, 'alice'), 'say')
      before.mark(mark)
      await w.advance('2s')
      for (let i = 0; i < 150; i++) await hub.to('#a').send('say', `${i}`)
      const exact = unread(await enter(w, hub, 'alice'), 'say', { most: 1_000 })
      const short = unread(await enter(w, hub, 'alice'), 'say', { most: 20 })
      for (const store of [exact, short]) store.subscribe(() => {})
      await w.advance('5s')
      expect(exact.snapshot()).toMatchObject({ count: 150, more: false, lastRead: mark })
      expect(short.snapshot()).toMatchObject({ count: 20, more: true })
    }))

  test('are marked with one receipt for the calls of a second', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, bob } = await two(w)
      const positions = await say(bob, '1', '2', '3', '4', '5')
      const store = unread(await enter(w, hub, 'alice'), 'say')
      store.subscribe(() => {})
      await w.advance('2s')
      for (const position of positions) store.mark(position)
      await w.advance('5s')
      const { messages: log } = await hub.to('#a').history()
      expect(log.filter(({ event }) => event === 'read').map(({ data }) => data)).toEqual([
        positions[0],
        positions[4],
      ])
    }))

  test('are seen by those whose receipts are past them', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, bob } = await two(w)
      const [first, second] = (await say(bob, '1', '2')) as [Position, Position]
      const readers = [await enter(w, hub, 'alice'), await enter(w, hub, 'carol')].map((room) =>
        unread(room, 'say'),
      )
      const store = unread(bob, 'say')
      for (const each of [...readers, store]) each.subscribe(() => {})
      await w.advance('2s')
      readers[0]?.mark(second)
      readers[1]?.mark(first)
      await w.advance('2s')
      expect(seenBy(store.snapshot(), first).sort()).toEqual(['alice', 'carol'])
      expect(seenBy(store.snapshot(), second)).toEqual(['alice'])
      expect(store.snapshot()).toMatchObject({ count: 0, lastRead: null })
      const { receipts } = store.snapshot()
      await say(bob, '3')
      await w.advance('2s')
      expect(store.snapshot().receipts).toBe(receipts)
    }))

  test('are those of the new log when the log has begun anew', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, bob } = await two(w)
      const [mark] = (await say(bob, 'old')) as [Position]
      const store = unread(await enter(w, hub, 'alice'), 'say')
      store.subscribe(() => {})
      store.mark(mark)
      await w.advance('2s')
      w.backplane.wipe()
      await w.advance('10s')
      await say(bob, 'new')
      await w.advance('10s')
      expect(store.snapshot()).toMatchObject({ count: 1, lastRead: null })
    }))

  test('keep the mark of a receipt that is refused, and say so', () =>
    world({ seed: 1 }, async (w) => {
      const { hub } = await scene(w, [], {
        authorize: ({ event }) => event !== 'read',
      })
      const bob = await enter(w, hub, 'bob')
      const [mark] = (await say(bob, '1')) as [Position]
      const store = unread(await enter(w, hub, 'alice'), 'say')
      store.subscribe(() => {})
      await w.advance('2s')
      store.mark(mark)
      await w.advance('2s')
      expect(store.snapshot()).toMatchObject({
        count: 0,
        lastRead: mark,
        state: 'live',
        error: { code: 'forbidden' },
      })
    }))

  test.each([[null], [undefined], [7], [['epoch']], [['epoch', '1', null]]])(
    'are not marked as read up to %j, which is no position',
    (position) =>
      world({ seed: 1 }, async (w) => {
        const { hub } = await scene(w, [])
        const store = unread(await enter(w, hub, 'alice'), 'say')
        expect(() => store.mark(position as never)).toThrow(
          'unable to mark messages as read: give the position of a message that is stored',
        )
        expect(store.snapshot()).toMatchObject({ count: 0, lastRead: null })
      }),
  )

  test('are all marked at once, on all devices', () =>
    world({ seed: 1 }, async (w) => {
      const { hub } = await scene(w, [])
      const bob = await enter(w, hub, 'bob')
      const [phone, laptop] = [await enter(w, hub, 'alice'), await enter(w, hub, 'alice')].map((room) =>
        unread(room, 'say'),
      ) as [UnreadStore, UnreadStore]
      for (const store of [phone, laptop]) store.subscribe(() => {})
      phone.markAll()
      const [, last] = await say(bob, '1', '2')
      await w.advance('2s')
      expect(laptop.snapshot().count).toBe(2)
      phone.markAll()
      expect(phone.snapshot()).toMatchObject({ count: 0, lastRead: last })
      await w.advance('2s')
      expect(laptop.snapshot()).toMatchObject({ count: 0, lastRead: last })
      expect((await hub.to('#a').history()).messages.map(({ event }) => event)).toEqual([
        'say',
        'say',
        'read',
      ])
    }))

  test('show at least one', () =>
    world({ seed: 1 }, async (w) => {
      const { hub } = await scene(w, [])
      const room = await enter(w, hub, 'alice')
      expect(() => unread(room, 'say', { most: 0 })).toThrow(
        "the option 'most' must be a whole number from 1 to 1000, but is 0",
      )
    }))

  test('have ended in a room that the hub refuses', () =>
    world({ seed: 1 }, async (w) => {
      const { rooms } = await scene(w, ['alice'], { authorize: () => false })
      const store = unread(rooms[0] as Room<Chat>, 'say')
      store.subscribe(() => {})
      await w.advance('2s')
      expect(store.snapshot()).toMatchObject({ state: 'ended', error: { code: 'forbidden' } })
    }))
})
