import { messages } from '@chat/store'
import { world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { enter, only, scene, texts } from './support/chat.ts'

describe('a stream in a list', () => {
  test('is a message that grows, and changes no other item', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, rooms } = await scene(w, ['alice'])
      const list = messages(only(rooms), ['say', 'answer'])
      list.subscribe(() => {})
      await hub.to('#a').send('say', 'question')
      const writer = await hub.to('#a').stream('answer')
      await w.advance('1s')
      const before = list.snapshot()
      expect(before.items[1]).toMatchObject({ event: 'answer', data: '', streamState: 'open' })
      await writer.write('one ')
      await writer.write('two')
      await w.advance('1s')
      const shown = list.snapshot()
      expect(texts(shown)).toEqual(['question', 'one two'])
      expect(shown.items[0]).toBe(before.items[0])
      expect(shown.items[1]?.key).toBe(before.items[1]?.key)
      await writer.end()
      await w.advance('1s')
      expect(list.snapshot().items[1]).toMatchObject({ data: 'one two', streamState: 'done' })
      expect(list.snapshot().items.length).toBe(2)
    }))

  test('is there once for a list that begins while it is written, after it has ended, and further back', () =>
    world({ seed: 1 }, async (w) => {
      const { hub } = await scene(w, [])
      const writer = await hub.to('#a').stream('answer', { start: 'one ' })
      const during = messages(await enter(w, hub, 'alice'), ['say', 'answer'])
      during.subscribe(() => {})
      await w.advance('1s')
      expect(texts(during.snapshot())).toEqual(['one '])
      await writer.write('two')
      await writer.end()
      for (let i = 0; i < 60; i++) await hub.to('#a').send('say', `${i}`)
      await w.advance('1s')
      expect(texts(during.snapshot())[0]).toBe('one two')
      const after = messages(await enter(w, hub, 'bob'), ['say', 'answer'], { last: 5 })
      after.subscribe(() => {})
      await w.advance('1s')
      void after.older(100)
      await w.advance('1s')
      expect(texts(after.snapshot())[0]).toBe('one two')
      expect(after.snapshot().items.length).toBe(61)
    }))
})
