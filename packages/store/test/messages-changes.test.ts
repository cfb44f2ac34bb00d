import type { HubOptions, User } from '@chat/core'
import { messages } from '@chat/store'
import { type World, world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { type Chat, enter, only, scene, texts } from './support/chat.ts'

const folding = { edits: 'edit', removals: 'remove', reactions: 'react' } as const

async function three(w: World, options = {}, authorize: HubOptions<Chat, User>['authorize'] = () => true) {
  const { hub, rooms, clients } = await scene(w, ['alice', 'bob'], { authorize })
  const [alice, bob] = rooms as [(typeof rooms)[0], (typeof rooms)[0]]
  const list = messages(alice, 'say', { ...folding, ...options })
  list.subscribe(() => {})
  const { id } = await alice.send('say', 'hi')
  await w.advance('1s')
  const first = () =>
    list.snapshot().items[0] as Exclude<
      (typeof list extends { snapshot(): infer S } ? S : never) extends { items: readonly (infer I)[] }
        ? I
        : never,
      { event: '$gap' }
    >
  return { hub, clients, alice, bob, list, id, first }
}

describe('changes of a message', () => {
  test('by an edit replace its data, if they are of its sender or the hub', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, alice, bob, id, first, list } = await three(w)
      await alice.send('edit', 'hello', { meta: { of: id } })
      await w.advance('1s')
      expect(first()).toMatchObject({ data: 'hello', edited: true, removed: false, id })
      await bob.send('edit', 'no', { meta: { of: id } })
      await w.advance('1s')
      expect(first()).toMatchObject({ data: 'hello' })
      await hub.to('#a').send('edit', 'by the hub', { meta: { of: id } })
      await w.advance('1s')
      expect(texts(list.snapshot())).toEqual(['by the hub'])
    }))

  test('by others count when the application says so', () =>
    world({ seed: 1 }, async (w) => {
      const { bob, id, first } = await three(w, {
        mayChange: ({ from }: { from: string | null }) => from === 'bob',
      })
      await bob.send('remove', null, { meta: { of: id } })
      await w.advance('1s')
      expect(first()).toMatchObject({ data: null, removed: true })
    }))

  test('do not count when the application cannot tell, and the list is shown', () =>
    world({ seed: 1 }, async (w) => {
      const mayChange = (): boolean => {
        throw new Error('no such role')
      }
      const { clients, alice, id, first } = await three(w, { mayChange })
      const errors: unknown[] = []
      only(clients.slice(0, 1)).on('$error', ({ error, subject }) => errors.push([subject, String(error)]))
      await alice.send('edit', 'hello', { meta: { of: id } })
      await w.advance('1s')
      expect(first()).toMatchObject({ data: 'hi', edited: false })
      expect(errors).toEqual([['mayChange', 'Error: no such role']])
    }))

  test('SEC-11: do not count when the application answers with a promise, and the error is told', () =>
    world({ seed: 1 }, async (w) => {
      const mayChange = (async () => Promise.reject(new Error('no database'))) as never
      const { clients, alice, id, first } = await three(w, { mayChange })
      const errors: unknown[] = []
      only(clients.slice(0, 1)).on('$error', ({ error, subject }) => errors.push([subject, String(error)]))
      await alice.send('edit', 'hello', { meta: { of: id } })
      await w.advance('1s')
      expect(first()).toMatchObject({ data: 'hi', edited: false })
      expect(errors).toEqual([['mayChange', expect.stringContaining('an instance of Promise')]])
    }))

  test('by reactions are the users of each, until they take it back', () =>
    world({ seed: 1 }, async (w) => {
      const { alice, bob, id, first } = await three(w)
      for (const room of [bob, alice])
        await room.send('react', { emoji: '👍', on: true }, { meta: { of: id } })
      await bob.send('react', { emoji: '🎉', on: true }, { meta: { of: id } })
      await w.advance('1s')
      expect(first().reactions).toEqual([
        { emoji: '👍', users: ['bob', 'alice'], mine: true },
        { emoji: '🎉', users: ['bob'], mine: false },
      ])
      await bob.send('react', { emoji: '👍', on: false }, { meta: { of: id } })
      await w.advance('1s')
      expect(first().reactions[0]).toEqual({ emoji: '👍', users: ['alice'], mine: true })
    }))

  test('are there for a list that reads them before the message that they change', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, alice, bob, id } = await three(w)
      await alice.send('edit', 'one', { meta: { of: id } })
      await alice.send('edit', 'two', { meta: { of: id } })
      await bob.send('say', 'answer', { meta: { of: id } })
      for (let i = 0; i < 30; i++) await bob.send('say', `${i}`)
      await alice.send('edit', 'three', { meta: { of: id } })
      const late = messages(await enter(w, hub, 'carol'), 'say', { ...folding, last: 5 })
      late.subscribe(() => {})
      await w.advance('1s')
      expect(late.snapshot().items.length).toBeLessThan(31)
      void late.older(100)
      await w.advance('1s')
      const [first, answer] = late.snapshot().items
      expect(first).toMatchObject({
        data: 'three',
        edited: true,
        answers: [answer?.event !== '$gap' && answer?.id],
      })
      expect(answer).toMatchObject({ data: 'answer', of: id, answers: [] })
    }))

  test('are shown at once by the client that makes them', () =>
    world({ seed: 1 }, async (w) => {
      const { list, id, first } = await three(w)
      list.change({ id }, 'edit', 'hello')
      list.change({ id }, 'react', { emoji: '👍', on: true })
      const shown = {
        data: 'hello',
        edited: true,
        reactions: [{ emoji: '👍', users: ['alice'], mine: true }],
      }
      expect(first()).toMatchObject(shown)
      await w.advance('1s')
      expect(first()).toMatchObject(shown)
      list.change({ id }, 'react', { emoji: '👍', on: false })
      expect(first()).toMatchObject({ ...shown, reactions: [] })
      await w.advance('1s')
      expect(first()).toMatchObject({ ...shown, reactions: [], changeError: null })
    }))

  test('of another device count when they are later', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, list, id, first } = await three(w)
      list.change({ id }, 'edit', 'on the phone')
      await w.advance('1s')
      const laptop = await enter(w, hub, 'alice')
      await laptop.send('edit', 'on the laptop', { meta: { of: id } })
      await w.advance('1s')
      expect(first()).toMatchObject({ data: 'on the laptop' })
    }))

  test('that the hub refuses are taken back, and the item says why until the next change', () =>
    world({ seed: 1 }, async (w) => {
      const { list, id, first } = await three(w, {}, ({ event }) => event !== 'edit')
      list.change({ id }, 'edit', 'hello')
      expect(first()).toMatchObject({ data: 'hello' })
      await w.advance('1s')
      expect(first()).toMatchObject({ data: 'hi', edited: false, changeError: { code: 'forbidden' } })
      list.change({ id }, 'remove', null)
      expect(first()).toMatchObject({ removed: true, changeError: null })
      await w.advance('1s')
      expect(first()).toMatchObject({ removed: true, changeError: null })
    }))

  test('wait in a tunnel, and are shown meanwhile', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, list, id, first, clients } = await three(w)
      w.link(only(clients.slice(0, 1))).cut('10s')
      await w.advance('1s')
      list.change({ id }, 'edit', 'from the tunnel')
      expect(first()).toMatchObject({ data: 'from the tunnel' })
      await w.advance('1m')
      expect(first()).toMatchObject({ data: 'from the tunnel', changeError: null })
      const { messages: stored } = await hub.to('#a').history()
      expect(stored.map(({ event }) => event)).toEqual(['say', 'edit'])
    }))

  test('change the item of that message only', () =>
    world({ seed: 1 }, async (w) => {
      const { alice, id, list } = await three(w)
      await alice.send('say', 'second')
      await w.advance('1s')
      const [before, second] = list.snapshot().items
      await alice.send('remove', null, { meta: { of: id } })
      await w.advance('1s')
      expect(list.snapshot().items[0]).not.toBe(before)
      expect(list.snapshot().items[1]).toBe(second)
      expect(
        only(list.snapshot().items.filter((item) => item.event !== '$gap' && item.removed)),
      ).toMatchObject({ id })
    }))
})
