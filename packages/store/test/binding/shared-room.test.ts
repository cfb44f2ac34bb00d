import type { Client, Hub, RoomAddress } from '@chat/core'
import { type World, world } from '@chat/testing'
import { expect, test } from 'vitest'
import { sharedRoom } from '../../src/binding.ts'

const nothing = (): void => {}

/** Starts a hub that refuses `#closed`, with one client, and notes the joins and leaves that the hub sees. */
async function start(w: World): Promise<{ hub: Hub; alice: Client; moves: string[] }> {
  const moves: string[] = []
  const hub = w.hub(
    {
      authenticate: ({ token }) => ({ id: token ?? '' }),
      authorize: ({ address }) => address !== '#closed',
    },
    (made) => {
      made.on('$join', ({ address }) => moves.push(`+${address}`))
      made.on('$leave', ({ address }) => moves.push(`-${address}`))
    },
  )
  return { hub, alice: await w.client(hub, 'alice'), moves }
}

test('a shared room does nothing before its first subscriber', () =>
  world({}, async (w) => {
    const { alice, moves } = await start(w)
    const room = sharedRoom(alice, '#lobby')
    await w.advance('5s')
    expect(room.snapshot()).toBe(null)
    expect(moves).toEqual([])
  }))

test('all subscribers of an address have the same handle', () =>
  world({}, async (w) => {
    const { alice, moves } = await start(w)
    const [one, two] = [sharedRoom(alice, '#lobby'), sharedRoom(alice, '#lobby')]
    const undos = [one.subscribe(nothing), two.subscribe(nothing)]
    expect(one.snapshot()?.address).toBe('#lobby')
    expect(one.snapshot()).toBe(two.snapshot())
    await w.settle()
    expect(moves).toEqual(['+#lobby'])
    undos[0]?.()
    await w.advance('5s')
    expect(moves).toEqual(['+#lobby'])
    undos[1]?.()
    await w.advance('3s')
    expect(moves).toEqual(['+#lobby', '-#lobby'])
  }))

test('a subscriber that comes back within two seconds finds its handle, and the hub hears nothing of it', () =>
  world({}, async (w) => {
    const { alice, moves } = await start(w)
    const room = sharedRoom(alice, '#lobby')
    const undo = room.subscribe(nothing)
    const handle = room.snapshot()
    undo()
    undo()
    await w.advance('1900ms')
    const again = sharedRoom(alice, '#lobby')
    const undoAgain = again.subscribe(nothing)
    await w.advance('10s')
    expect(again.snapshot()).toBe(handle)
    expect(moves).toEqual(['+#lobby'])
    undoAgain()
    await w.advance('2100ms')
    expect(again.snapshot()).toBe(null)
    expect(moves).toEqual(['+#lobby', '-#lobby'])
  }))

test('a room that was refused is joined anew once all its subscribers have gone, and not before', () =>
  world({}, async (w) => {
    const { alice } = await start(w)
    const room = sharedRoom(alice, '#closed')
    const undo = room.subscribe(nothing)
    const refused = room.snapshot()
    await expect(refused?.ready).rejects.toMatchObject({ code: 'forbidden' })
    const undoOther = room.subscribe(nothing)
    expect(room.snapshot()).toBe(refused)
    undo()
    undoOther()
    const undoLast = room.subscribe(nothing)
    expect(room.snapshot()).not.toBe(refused)
    await expect(room.snapshot()?.ready).rejects.toMatchObject({ code: 'forbidden' })
    undoLast()
    await w.advance('3s')
  }))

test('there is no room without a client or an address, and none of a closed client', () =>
  world({}, async (w) => {
    const { alice } = await start(w)
    for (const [client, address] of [
      [null, '#lobby'],
      [alice, null],
      [alice, undefined],
    ] as readonly [Client | null, RoomAddress | null | undefined][]) {
      const room = sharedRoom(client, address)
      room.subscribe(nothing)()
      expect(room.snapshot()).toBe(null)
    }
    alice.close()
    const room = sharedRoom(alice, '#lobby')
    const undo = room.subscribe(nothing)
    expect(room.snapshot()).toBe(null)
    undo()
  }))

test('the first subscriber gives the presence state', () =>
  world({}, async (w) => {
    const hub = w.hub({
      authenticate: ({ token }) => ({ id: token ?? '' }),
      authorize: () => true,
      presence: { rooms: () => true },
    })
    const alice = await w.client(hub, 'alice')
    const room = sharedRoom(alice, '#lobby', { state: { mood: 'fine' } })
    const undo = room.subscribe(nothing)
    await w.settle()
    expect((await hub.to('#lobby').members()).map(({ state }) => state)).toEqual([{ mood: 'fine' }])
    undo()
    await w.advance('3s')
  }))

test('the first subscriber gives the position to continue from', () =>
  world({}, async (w) => {
    const { hub, alice } = await start(w)
    await hub.to('#lobby').send('say', 'before')
    const { position } = await hub.to('#lobby').history()
    await hub.to('#lobby').send('say', 'meanwhile')
    const room = sharedRoom(alice, '#lobby', { since: position })
    const undo = room.subscribe(nothing)
    const heard: unknown[] = []
    room.snapshot()?.on('say', (data) => heard.push(data))
    await w.settle()
    expect(heard).toEqual(['meanwhile'])
    undo()
    await w.advance('3s')
  }))
