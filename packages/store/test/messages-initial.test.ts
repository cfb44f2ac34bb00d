import { messages } from '@chat/store'
import { world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { enter, only, scene, texts } from './support/chat.ts'

describe('messages that the server has read', () => {
  test('are shown before the store has a listener, and go on without a hole', () =>
    world({ seed: 1 }, async (w) => {
      const { hub } = await scene(w, [])
      for (let i = 1; i <= 30; i++) await hub.to('#a').send('say', `${i}`)
      const page = await hub.to('#a').history({ limit: 3 })
      const initial = JSON.parse(JSON.stringify(page)) as typeof page
      await hub.to('#a').send('say', 'between')
      const room = await enter(w, hub, 'alice')
      const list = messages(room, 'say', { initial })
      expect([texts(list.snapshot()), list.snapshot().state, list.snapshot().more]).toEqual([
        ['28', '29', '30'],
        'live',
        true,
      ])
      const before = list.snapshot().items
      list.subscribe(() => {})
      await hub.to('#a').send('say', 'now')
      await w.advance('1s')
      expect(texts(list.snapshot())).toEqual(['28', '29', '30', 'between', 'now'])
      expect(list.snapshot().items[1]).toMatchObject({ data: '29', key: before[1]?.key })
      void list.older(10)
      await w.advance('1s')
      expect(texts(list.snapshot()).slice(-13, -5)).toEqual(['20', '21', '22', '23', '24', '25', '26', '27'])
    }))

  test('of a log without messages are an empty list', () =>
    world({ seed: 1 }, async (w) => {
      const { hub } = await scene(w, [])
      const initial = await hub.to('#a').history({ limit: 3 })
      const list = messages(await enter(w, hub, 'alice'), 'say', { initial })
      list.subscribe(() => {})
      await hub.to('#a').send('say', 'first')
      await w.advance('1s')
      expect([texts(list.snapshot()), list.snapshot().more]).toEqual([['first'], false])
    }))

  test('leave out what was redacted, and name the gap when the log has begun anew', () =>
    world({ seed: 1 }, async (w) => {
      const { hub } = await scene(w, [])
      await hub.to('#a').send('say', 'bad')
      const [bad] = (await hub.to('#a').history()).messages
      if (bad !== undefined) await hub.to('#a').redact(bad.position)
      await hub.to('#a').send('say', 'good')
      const initial = await hub.to('#a').history()
      w.backplane.wipe()
      await w.advance('10s')
      const list = messages(await enter(w, hub, 'alice'), 'say', { initial })
      expect(texts(list.snapshot())).toEqual(['good'])
      list.subscribe(() => {})
      await hub.to('#a').send('say', 'anew')
      await w.advance('1s')
      expect(texts(list.snapshot())).toEqual(['good', '[epoch]', 'anew'])
      void list.older(10)
      await w.advance('1s')
      expect([texts(list.snapshot()).length, list.snapshot().more]).toEqual([3, false])
    }))

  test('that are older than the log begins stay, with a gap behind them, and no older message is found', () =>
    world({ seed: 1 }, async (w) => {
      const { hub } = await scene(w, [])
      for (let i = 1; i <= 9; i++) await hub.to('#a').send('say', `${i}`)
      const { messages: all, position } = await hub.to('#a').history()
      const initial = { messages: all.slice(2, 4), position: all[3]?.position ?? position, more: true }
      w.backplane.trim('#a', 2)
      const list = messages(await enter(w, hub, 'alice'), 'say', { initial })
      list.subscribe(() => {})
      await w.advance('1s')
      expect(texts(list.snapshot())).toEqual(['3', '4', '[trimmed]', '8', '9'])
      void list.older(10)
      await w.advance('1s')
      expect(texts(list.snapshot())).toEqual(['3', '4', '[trimmed]', '8', '9'])
      expect(list.snapshot()).toMatchObject({ more: false, error: null, loadingOlder: false })
    }))

  test('have an open stream read on', () =>
    world({ seed: 1 }, async (w) => {
      const { hub } = await scene(w, [])
      const writer = await hub.to('#a').stream('answer', { start: 'one ' })
      await writer.write('two ')
      await hub.to('#a').send('say', 'hi')
      await w.advance('1s')
      const initial = await hub.to('#a').history()
      const list = messages(await enter(w, hub, 'alice'), ['answer', 'say'], { initial })
      list.subscribe(() => {})
      await w.advance('1s')
      expect(texts(list.snapshot())).toEqual(['one two ', 'hi'])
      await writer.write('three')
      await writer.end()
      await w.advance('1s')
      expect(texts(list.snapshot())).toEqual(['one two three', 'hi'])
      expect(only(list.snapshot().items.filter(({ event }) => event === 'answer'))).toMatchObject({
        streamState: 'done',
      })
      const ended = messages(await enter(w, hub, 'bob'), ['answer', 'say'], {
        initial: await hub.to('#a').history(),
      })
      expect(texts(ended.snapshot())).toEqual(['one two three', 'hi'])
    }))
})
