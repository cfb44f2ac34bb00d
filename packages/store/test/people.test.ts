import { people } from '@chat/store'
import { world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { open } from './support/open.ts'

interface Mood {
  readonly away: boolean
}

describe('the people in a room', () => {
  test('are users with their devices, and the state of the newest', () =>
    world({ seed: 1 }, async (w) => {
      const hub = w.hub(open)
      const alice = await w.client(hub, 'alice')
      const store = people<Mood>(alice.join('#a'))
      store.subscribe(() => {})
      await w.advance('1s')
      for (const away of [false, true]) {
        const bob = await w.client(hub, 'bob')
        bob.join('#a', { state: { away } })
        await w.advance('1s')
      }
      const { people: unordered, count, state, error } = store.snapshot()
      const shown = [...unordered].sort((a, b) => a.user.localeCompare(b.user))
      expect([count, state, error]).toEqual([3, 'live', null])
      expect(shown.map(({ user, me, devices, state: mood }) => [user, me, devices.length, mood])).toEqual([
        ['alice', true, 1, null],
        ['bob', false, 2, { away: true }],
      ])
    }))

  test('stay the same objects while nothing of them changes', () =>
    world({ seed: 1 }, async (w) => {
      const hub = w.hub(open)
      const [alice, bob] = [await w.client(hub, 'alice'), await w.client(hub, 'bob')]
      const store = people<Mood>(alice.join('#a'))
      const theirs = people<Mood>(bob.join('#a'))
      store.subscribe(() => {})
      theirs.subscribe(() => {})
      await w.advance('1s')
      const before = store.snapshot()
      theirs.set({ away: true })
      await w.advance('1s')
      const after = store.snapshot()
      expect(after).not.toBe(before)
      const of = (shown: typeof after, user: string) => shown.people.find((person) => person.user === user)
      expect(of(after, 'alice')).toBe(of(before, 'alice'))
      expect(of(after, 'bob')?.state).toEqual({ away: true })
    }))

  test('stay while the client is disconnected', () =>
    world({ seed: 1 }, async (w) => {
      const hub = w.hub(open)
      const alice = await w.client(hub, 'alice')
      const store = people(alice.join('#a'))
      store.subscribe(() => {})
      await w.advance('1s')
      const { people: before } = store.snapshot()
      w.link(alice).cut('5s')
      await w.advance('30s')
      expect(store.snapshot().people).toBe(before)
      expect(store.snapshot().state).toBe('live')
    }))

  test('are none in a room that the hub refuses, and the snapshot says why', () =>
    world({ seed: 1 }, async (w) => {
      const hub = w.hub({ ...open, authorize: () => false })
      const alice = await w.client(hub, 'alice')
      const store = people(alice.join('#a'))
      store.subscribe(() => {})
      await w.advance('1s')
      expect(store.snapshot()).toMatchObject({ people: [], count: 0, state: 'ended' })
      expect(store.snapshot().error?.code).toBe('forbidden')
    }))

  test('are none in a room that is taken away, also for a store that comes later', () =>
    world({ seed: 1 }, async (w) => {
      const hub = w.hub(open)
      const alice = await w.client(hub, 'alice')
      const room = alice.join('#a')
      const store = people(room)
      store.subscribe(() => {})
      await w.advance('1s')
      await hub.to('#a').remove('@alice')
      await w.advance('1s')
      expect(store.snapshot()).toMatchObject({ people: [], count: 0, state: 'ended' })
      expect(store.snapshot().error?.code).toBe('forbidden')
      store.set('away')
      const late = people(room)
      late.subscribe(() => {})
      await w.advance('1s')
      expect(late.snapshot().state).toBe('ended')
    }))

  test('have ended without an error when the application has left the room', () =>
    world({ seed: 1 }, async (w) => {
      const hub = w.hub(open)
      const alice = await w.client(hub, 'alice')
      const room = alice.join('#a')
      const store = people(room)
      room.leave()
      store.subscribe(() => {})
      await w.advance('1s')
      expect(store.snapshot()).toEqual({ people: [], count: 0, state: 'ended', error: null })
    }))
})
