import { messages } from '@chat/store'
import { world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { enter, scene, texts } from './support/chat.ts'

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `${from + i}`)

describe('a list with a greatest number of messages', () => {
  test('drops the oldest as new ones come, and reads them again', () =>
    world({ seed: 1 }, async (w) => {
      const { hub } = await scene(w, [])
      const list = messages(await enter(w, hub, 'alice'), 'say', { most: 20 })
      list.subscribe(() => {})
      await w.advance('1s')
      for (let i = 1; i <= 20; i++) await hub.to('#a').send('say', `${i}`)
      await w.advance('1s')
      expect([texts(list.snapshot()), list.snapshot().more]).toEqual([numbers(1, 20), false])
      await hub.to('#a').send('say', '21')
      await w.advance('1s')
      expect([texts(list.snapshot()), list.snapshot().more]).toEqual([numbers(4, 21), true])
      for (let i = 22; i <= 100; i++) await hub.to('#a').send('say', `${i}`)
      await w.advance('1s')
      const shown = texts(list.snapshot())
      expect([shown.length <= 20, shown.at(-1)]).toEqual([true, '100'])
      void list.older(30)
      await w.advance('1s')
      expect(texts(list.snapshot())).toEqual(numbers(100 - list.snapshot().items.length + 1, 100))
      expect(list.snapshot().items.length).toBe(shown.length + 30)
    }))

  test('keeps what was read by older, though new ones come', () =>
    world({ seed: 1 }, async (w) => {
      const { hub } = await scene(w, [])
      for (let i = 1; i <= 100; i++) await hub.to('#a').send('say', `${i}`)
      const list = messages(await enter(w, hub, 'alice'), 'say', { last: 10, most: 10 })
      list.subscribe(() => {})
      await w.advance('1s')
      void list.older(40)
      await w.advance('1s')
      expect(texts(list.snapshot())).toEqual(numbers(51, 100))
      for (let i = 101; i <= 120; i++) await hub.to('#a').send('say', `${i}`)
      await w.advance('1s')
      expect(list.snapshot().items.length).toBeGreaterThan(40)
      expect(list.snapshot().items.length).toBeLessThanOrEqual(50)
    }))

  test('has the changes of a message that it reads again, and its answers', () =>
    world({ seed: 1 }, async (w) => {
      const { hub } = await scene(w, [])
      const bob = await enter(w, hub, 'bob')
      const list = messages(await enter(w, hub, 'alice'), 'say', {
        most: 10,
        edits: 'edit',
        reactions: 'react',
      })
      list.subscribe(() => {})
      await w.advance('1s')
      const { id } = await bob.send('say', 'first')
      await bob.send('edit', 'early', { meta: { of: id } })
      for (let i = 1; i <= 9; i++) await hub.to('#a').send('say', `${i}`)
      await bob.send('react', { emoji: '+1', on: true }, { meta: { of: id } })
      await bob.send('say', 'answer', { meta: { of: id } })
      await w.advance('1s')
      expect(texts(list.snapshot())).toEqual([...numbers(2, 9), 'answer'].slice(-9))
      void list.older(10)
      await w.advance('1s')
      const [first] = list.snapshot().items
      expect(first).toMatchObject({ data: 'early', edited: true, reactions: [{ emoji: '+1' }] })
      expect((first as { readonly answers: readonly string[] }).answers).toHaveLength(1)
      for (let i = 10; i <= 40; i++) await hub.to('#a').send('say', `${i}`)
      await w.advance('1s')
      void list.older(100)
      await w.advance('1s')
      expect((list.snapshot().items[0] as { readonly answers: readonly string[] }).answers).toHaveLength(1)
      expect(list.snapshot().items[0]).toMatchObject({
        data: 'early',
        edited: true,
        reactions: [{ emoji: '+1' }],
      })
      expect(new Set(texts(list.snapshot())).size).toBe(list.snapshot().items.length)
    }))

  test('drops gaps with the messages before them, and goes on over a lost log', () =>
    world({ seed: 1 }, async (w) => {
      const { hub } = await scene(w, [])
      const list = messages(await enter(w, hub, 'alice'), 'say', { most: 10 })
      list.subscribe(() => {})
      await w.advance('1s')
      for (let i = 1; i <= 5; i++) await hub.to('#a').send('say', `${i}`)
      await w.advance('1s')
      w.backplane.wipe()
      await w.advance('10s')
      for (let i = 6; i <= 30; i++) await hub.to('#a').send('say', `${i}`)
      await w.advance('1s')
      const shown = texts(list.snapshot())
      expect([shown.length <= 10, shown.at(-1), shown.includes('[epoch]')]).toEqual([true, '30', false])
      void list.older(100)
      await w.advance('1s')
      expect(texts(list.snapshot())).toEqual(numbers(6, 30))
    }))
})
