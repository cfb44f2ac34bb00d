import { type Client, type Hub, keepPositions, type Room, readMessages, type Untyped } from '@chat/core'
import { type World, world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { MemoryStorage } from '../../support/memory-storage.ts'

const started = (w: World): Hub =>
  w.hub({ authenticate: ({ token }) => ({ id: token ?? '' }), authorize: () => true })

/** Opens a page of a user, which the world does not observe: that would be a further loop. */
const open = (w: World, hub: Hub, storage: MemoryStorage, user = 'alice'): Promise<Client<Untyped>> =>
  w.client(hub, user, { positions: keepPositions(storage), observe: undefined })

/** Ends a page without a word, as a crash does. */
function crash(client: Client<Untyped>, storage: MemoryStorage): void {
  const { text } = storage
  client.close()
  storage.text = text
}

/** Returns the list of what an address says from now on: data of `say`, and reasons of gaps. */
function hear(source: Pick<Room<Untyped>, 'on'> | Pick<Client<Untyped>, 'on'>): unknown[] {
  const heard: unknown[] = []
  const on = source.on.bind(source) as Room<Untyped>['on']
  on('$gap', ({ reason }) => heard.push(`gap: ${reason}`))
  on('say', (data: unknown) => heard.push(data))
  return heard
}

describe('a page that comes back', () => {
  test('gets what it has missed in its rooms, its inbox and of everyone', () =>
    world({ seed: 1 }, async (w) => {
      const [hub, storage] = [started(w), new MemoryStorage()]
      const first = await open(w, hub, storage)
      const heard = [hear(first.join('#a')), hear(first)]
      await w.advance('1s')
      await hub.to('#a').send('say', 'one')
      await hub.to('@alice').send('say', 'for alice')
      await w.advance('1s')
      crash(first, storage)
      expect(heard).toEqual([['one'], ['for alice']])
      await w.advance('20m')
      await hub.to('#a').send('say', 'two')
      await hub.to('@alice').send('say', 'for alice alone')
      await hub.to('*').send('say', 'to all')
      const second = await open(w, hub, storage)
      const again = [hear(second.join('#a')), hear(second)]
      await w.advance('1s')
      expect([again[0], again[1]?.sort()]).toEqual([['two'], ['for alice alone', 'to all']])
    }))

  test('gets what it has missed since it was in a room in which nothing was said', () =>
    world({ seed: 1 }, async (w) => {
      const [hub, storage] = [started(w), new MemoryStorage()]
      const first = await open(w, hub, storage)
      first.join('#a')
      await w.advance('1s')
      crash(first, storage)
      await hub.to('#a').send('say', 'meanwhile')
      const heard = hear((await open(w, hub, storage)).join('#a'))
      await w.advance('1s')
      expect(heard).toEqual(['meanwhile'])
    }))

  test('is told of the gap when the log has lost what it has missed', () =>
    world({ seed: 1 }, async (w) => {
      const [hub, storage] = [started(w), new MemoryStorage()]
      const first = await open(w, hub, storage)
      hear(first.join('#a'))
      await hub.to('#a').send('say', 'one')
      await w.advance('1s')
      crash(first, storage)
      for (let n = 0; n < 5; n++) await hub.to('#a').send('say', n)
      w.backplane.trim('#a', 2)
      const heard = hear((await open(w, hub, storage)).join('#a'))
      await w.advance('1s')
      await hub.to('#a').send('say', 'and now')
      await w.advance('1s')
      expect(heard).toEqual(['gap: trimmed', 'and now'])
    }))

  test('gets again what its listeners had not had: messages that have arrived are not handled', () =>
    world({ seed: 1 }, async (w) => {
      const [hub, storage] = [started(w), new MemoryStorage()]
      const first = await open(w, hub, storage)
      first.join('#a')
      await w.advance('1s')
      await hub.to('#a').send('say', 'waits for a listener')
      await w.advance('5s')
      crash(first, storage)
      const heard = hear((await open(w, hub, storage)).join('#a'))
      await w.advance('1s')
      expect(heard).toEqual(['waits for a listener'])
    }))

  test('gets again what its loop had not handled, and not what it had', () =>
    world({ seed: 1 }, async (w) => {
      const [hub, storage] = [started(w), new MemoryStorage()]
      const first = await open(w, hub, storage)
      const cursor = readMessages(first.join('#a'))
      const took: unknown[] = []
      const take = async (): Promise<void> => {
        took.push((await cursor.next()).value?.data)
      }
      void take()
      await w.advance('1s')
      for (const data of ['one', 'two', 'three']) await hub.to('#a').send('say', data)
      await w.advance('1s')
      void take()
      await w.advance('1s')
      expect(took).toEqual(['one', 'two'])
      crash(first, storage)
      const heard = hear((await open(w, hub, storage)).join('#a'))
      await w.advance('1s')
      expect(heard).toEqual(['two', 'three'])
    }))

  test('goes on in a room that it left and joined again', () =>
    world({ seed: 1 }, async (w) => {
      const [hub, storage] = [started(w), new MemoryStorage()]
      const first = await open(w, hub, storage)
      const room = first.join('#a')
      hear(room)
      await hub.to('#a').send('say', 'one')
      await w.advance('1s')
      room.leave()
      await hub.to('#a').send('say', 'two')
      const later = first.join('#a')
      const heard = hear(later)
      await w.advance('1s')
      expect(heard).toEqual(['two'])
      later.leave()
      await w.advance('1s')
      await hub.to('#a').send('say', 'three')
      crash(first, storage)
      const again = hear((await open(w, hub, storage)).join('#a'))
      await w.advance('1s')
      expect(again).toEqual(['three'])
    }))

  test('has its places before it joins a room', () =>
    world({ seed: 1 }, async (w) => {
      const [hub, storage] = [started(w), new MemoryStorage()]
      const first = await open(w, hub, storage)
      await first.join('#a').ready
      await w.advance('1s')
      first.close()
      const second = await open(w, hub, storage)
      expect(second.positions).toEqual(storage.of('alice'))
      expect(Object.keys(second.positions).sort()).toEqual(['#a', '*', '@alice'])
    }))
})

describe('another user of the page', () => {
  test('gets nothing of the former, and the former is where it was', () =>
    world({ seed: 1 }, async (w) => {
      const [hub, storage] = [started(w), new MemoryStorage()]
      const first = await open(w, hub, storage)
      hear(first.join('#a'))
      await w.advance('1s')
      crash(first, storage)
      await hub.to('#a').send('say', 'missed by alice')
      await hub.to('*').send('say', 'also missed by alice')
      const bob = await open(w, hub, storage, 'bob')
      const heard = [hear(bob.join('#a')), hear(bob)]
      await w.advance('1s')
      await hub.to('#a').send('say', 'for both')
      await w.advance('1s')
      expect(heard).toEqual([['for both'], []])
      crash(bob, storage)
      await hub.to('#a').send('say', 'at last')
      const again = await open(w, hub, storage)
      const [said, ofAll] = [hear(again.join('#a')), hear(again)]
      await w.advance('1s')
      expect([said, ofAll]).toEqual([['missed by alice', 'for both', 'at last'], ['also missed by alice']])
    }))

  test('who was here before goes on at the own places, also in a room that was joined before the welcome', () =>
    world({ seed: 1 }, async (w) => {
      const [hub, storage] = [started(w), new MemoryStorage()]
      for (const user of ['bob', 'alice']) {
        const client = await open(w, hub, storage, user)
        hear(client.join('#a'))
        await hub.to('#a').send('say', `to ${user}`)
        await w.advance('1s')
        crash(client, storage)
      }
      const bob = w.client(hub, 'bob', { positions: keepPositions(storage), observe: undefined })
      const heard = hear((await bob).join('#a'))
      await w.advance('1s')
      expect(heard).toEqual(['to alice'])
    }))
})
