import type { Room } from '@chat/core'
import { markWhileVisible, type UnreadStore, unread } from '@chat/store'
import { findUnread } from '@chat/store/binding'
import { type World, world } from '@chat/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { type Chat, enter, scene } from './support/chat.ts'

/** Document of a page that a person shows and hides. */
class FakePage extends EventTarget {
  visibilityState = 'hidden'

  show(state: 'visible' | 'hidden'): void {
    this.visibilityState = state
    this.dispatchEvent(new Event('visibilitychange'))
  }
}

function openPage(): FakePage {
  const document = new FakePage()
  Object.defineProperty(globalThis, 'document', { value: document, configurable: true })
  return document
}

afterEach(() => {
  Reflect.deleteProperty(globalThis, 'document')
})

interface TwoDevices {
  readonly bob: Room<Chat>
  readonly room: Room<Chat>
  readonly phone: UnreadStore
  readonly laptop: UnreadStore
}

async function twoDevices(w: World): Promise<TwoDevices> {
  const { hub } = await scene(w, [])
  const bob = await enter(w, hub, 'bob')
  const rooms = [await enter(w, hub, 'alice'), await enter(w, hub, 'alice')] as const
  const [phone, laptop] = [unread(rooms[0], 'say'), unread(rooms[1], 'say')]
  laptop.subscribe(() => {})
  await w.advance('1s')
  return { bob, room: rooms[0], phone, laptop }
}

describe('what a person sees at the end of a list', () => {
  test('is marked as read on all devices while the page is visible, and not while it is hidden', () =>
    world({ seed: 1 }, async (w) => {
      const page = openPage()
      const { bob, phone, laptop } = await twoDevices(w)
      const stop = markWhileVisible(phone)
      await bob.send('say', 'one')
      await w.advance('2s')
      expect([phone.snapshot().count, laptop.snapshot().count]).toEqual([1, 1])
      page.show('visible')
      await w.advance('2s')
      expect([phone.snapshot().count, laptop.snapshot().count]).toEqual([0, 0])
      await bob.send('say', 'two')
      await w.advance('2s')
      expect([phone.snapshot().count, laptop.snapshot().count]).toEqual([0, 0])
      page.show('hidden')
      await bob.send('say', 'three')
      stop()
      page.show('visible')
      await w.advance('2s')
      expect(laptop.snapshot().count).toBe(1)
    }))

  test('is marked where there is no document', () =>
    world({ seed: 1 }, async (w) => {
      const { bob, phone, laptop } = await twoDevices(w)
      markWhileVisible(phone)
      await bob.send('say', 'one')
      await w.advance('2s')
      expect(laptop.snapshot().count).toBe(0)
    }))

  test('is marked once by several components, as long as one of them has listeners', () =>
    world({ seed: 1 }, async (w) => {
      openPage().show('visible')
      const { bob, room, laptop } = await twoDevices(w)
      const find = (reading: boolean): UnreadStore =>
        findUnread(room as unknown as Parameters<typeof findUnread>[0], 'say', { reading })
      expect(find(true)).toBe(find(true))
      find(false).subscribe(() => {})
      await bob.send('say', 'one')
      await w.advance('2s')
      expect(laptop.snapshot().count).toBe(1)
      const undos = [find(true).subscribe(() => {}), find(true).subscribe(() => {})]
      await w.advance('2s')
      expect([find(false).snapshot().count, laptop.snapshot().count]).toEqual([0, 0])
      await bob.send('say', 'two')
      await w.advance('2s')
      expect(laptop.snapshot().count).toBe(0)
      for (const undo of undos) undo()
      await bob.send('say', 'three')
      await w.advance('2s')
      expect(laptop.snapshot().count).toBe(1)
      const { messages } = await bob.history({ limit: 10 })
      expect(messages.filter(({ event }) => event === 'read')).toHaveLength(2)
    }))
})
