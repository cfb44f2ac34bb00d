import { people, typing } from '@chat/store'
import { world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { open } from './support/open.ts'

describe('a store', () => {
  test('does nothing before its first listener, and its snapshot is the same until then', () =>
    world({ seed: 1 }, async (w) => {
      const frames: unknown[] = []
      const hub = w.hub({ ...open, observe: (seen) => frames.push(seen) })
      const client = await w.client(hub, 'alice')
      const room = client.join('#a')
      await w.settle()
      const before = frames.length
      const store = people(room)
      expect(store.snapshot()).toBe(store.snapshot())
      expect(store.snapshot()).toEqual({ people: [], count: 0, state: 'joining', error: null })
      await w.advance('1m')
      expect(frames.length).toBe(before)
      expect(store.snapshot().count).toBe(0)
    }))

  test('works on for a moment after its last listener, so that a remount finds it as it was', () =>
    world({ seed: 1 }, async (w) => {
      const hub = w.hub(open)
      const client = await w.client(hub, 'alice')
      const store = people(client.join('#a'))
      store.subscribe(() => {})()
      const undo = store.subscribe(() => {})
      await w.advance('2s')
      const shown = store.snapshot()
      expect(shown.people.map(({ user }) => user)).toEqual(['alice'])
      undo()
      const again = store.subscribe(() => {})
      await w.advance('2s')
      expect(store.snapshot()).toBe(shown)
      again()
    }))

  test('stays as it was after its end, and goes on with a later listener', () =>
    world({ seed: 1 }, async (w) => {
      const hub = w.hub(open)
      const client = await w.client(hub, 'alice')
      const store = people(client.join('#a'))
      const undo = store.subscribe(() => {})
      await w.advance('2s')
      undo()
      await w.advance('2s')
      const bob = await w.client(hub, 'bob')
      bob.join('#a')
      await w.advance('2s')
      expect(store.snapshot().count).toBe(1)
      const seen: number[] = []
      store.subscribe(() => seen.push(store.snapshot().people.length))
      await w.advance('2s')
      expect(seen.at(0)).toBeGreaterThan(0)
      expect(store.snapshot().people.map(({ user }) => user)).toEqual(['alice', 'bob'])
    }))

  test('calls a function that listens twice twice, and each of its undos removes one', () =>
    world({ seed: 1 }, async (w) => {
      const hub = w.hub(open)
      const alice = await w.client(hub, 'alice')
      const bob = await w.client(hub, 'bob')
      const [room, other] = [alice.join('#a'), bob.join('#a')]
      const store = typing(room)
      let calls = 0
      const listener = () => calls++
      const undo = store.subscribe(listener)
      store.subscribe(listener)
      await w.settle()
      typing(other).type()
      await w.advance('1s')
      expect(calls).toBe(2)
      undo()
      undo()
      await w.advance('10s')
      expect(calls).toBe(3)
    }))

  test('goes on when a listener throws, whose error goes to $error', () =>
    world({ seed: 1 }, async (w) => {
      const hub = w.hub(open)
      const client = await w.client(hub, 'alice')
      const errors: unknown[] = []
      client.on('$error', ({ error, subject }) => errors.push([subject, String(error)]))
      const store = people(client.join('#a'))
      let calls = 0
      store.subscribe(() => {
        throw new Error('broken')
      })
      store.subscribe(() => calls++)
      await w.advance('1s')
      expect(calls).toBeGreaterThan(0)
      expect(errors).toContainEqual(['store', 'Error: broken'])
    }))
})
