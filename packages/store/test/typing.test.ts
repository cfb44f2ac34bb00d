import { typing } from '@chat/store'
import { type World, world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { open } from './support/open.ts'

interface Chat {
  events: { say: { text: string }; typing: boolean; writes: boolean }
}

async function two(w: World) {
  const hub = w.hub<Chat>(open)
  const [alice, bob] = [await w.client(hub, 'alice'), await w.client(hub, 'bob')]
  const [room, seenBy] = [alice.join('#a'), bob.join('#a')]
  await Promise.all([room.ready, seenBy.ready])
  return { alice, bob, room, seenBy }
}

describe('the users who type', () => {
  test('are told by casts that are written now and then, and end by themselves', () =>
    world({ seed: 1 }, async (w) => {
      const { bob, room, seenBy } = await two(w)
      const store = typing(seenBy)
      store.subscribe(() => {})
      const mine = typing(room)
      mine.subscribe(() => {})
      for (let i = 0; i < 8; i++) {
        mine.type()
        await w.advance('500ms')
      }
      expect(store.snapshot().users).toEqual(['alice'])
      expect(mine.snapshot().users).toEqual([])
      expect(w.seen(bob, '#a').length).toBe(2)
      await w.advance('6s')
      expect(store.snapshot().users).toEqual([])
    }))

  test('keep their snapshot while they go on typing', () =>
    world({ seed: 1 }, async (w) => {
      const { room, seenBy } = await two(w)
      const store = typing(seenBy)
      store.subscribe(() => {})
      const mine = typing(room)
      mine.type()
      await w.advance('1s')
      const shown = store.snapshot()
      await w.advance('3s')
      mine.type()
      await w.advance('1s')
      expect(store.snapshot()).toBe(shown)
    }))

  test('stop when they say so, and when their message arrives', () =>
    world({ seed: 1 }, async (w) => {
      const { room, seenBy } = await two(w)
      const store = typing(seenBy, { until: 'say' })
      store.subscribe(() => {})
      const mine = typing(room)
      mine.stop()
      mine.type()
      await w.advance('1s')
      expect(store.snapshot().users).toEqual(['alice'])
      mine.stop()
      await w.advance('1s')
      expect(store.snapshot().users).toEqual([])
      mine.type()
      await w.advance('1s')
      await room.send('say', { text: 'hi' })
      await w.advance('1s')
      expect(store.snapshot().users).toEqual([])
    }))

  test('do not type for a client that was cut off, nor for a store without listeners', () =>
    world({ seed: 1 }, async (w) => {
      const { alice, room, seenBy } = await two(w)
      const store = typing(seenBy)
      const undo = store.subscribe(() => {})
      const mine = typing(room)
      mine.type()
      await w.advance('1s')
      w.link(alice).cut('30s')
      await w.advance('10s')
      expect(store.snapshot().users).toEqual([])
      await w.advance('1m')
      mine.type()
      await w.advance('1s')
      expect(store.snapshot().users).toEqual(['alice'])
      undo()
      await w.advance('2s')
      expect(store.snapshot().users).toEqual([])
    }))

  test('use the event of the option', () =>
    world({ seed: 1 }, async (w) => {
      const { room, seenBy } = await two(w)
      const store = typing(seenBy, { event: 'writes', until: ['say'] })
      store.subscribe(() => {})
      typing(room).type()
      await w.advance('1s')
      expect(store.snapshot().users).toEqual([])
      typing(room, { event: 'writes' }).type()
      await w.advance('1s')
      expect(store.snapshot().users).toEqual(['alice'])
    }))

  test('are none in a room that was left, and the mistake is reported', () =>
    world({ seed: 1 }, async (w) => {
      const { alice, room } = await two(w)
      const errors: unknown[] = []
      alice.on('$error', ({ subject }) => errors.push(subject))
      room.leave()
      const store = typing(room)
      store.subscribe(() => {})
      expect(store.snapshot().users).toEqual([])
      store.type()
      expect(errors).toEqual(['#a typing', '#a typing'])
    }))
})
