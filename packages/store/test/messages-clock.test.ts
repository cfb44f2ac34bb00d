import { messages } from '@chat/store'
import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { enter, scene, texts } from './support/chat.ts'

test('messages of a log whose clock jumps are in the order of the log, once each, with the times that it gave', () =>
  world({ seed: 1 }, async (w) => {
    const { hub } = await scene(w, [])
    for (let i = 0; i < 4; i++) await hub.to('#a').send('say', `${i}`)
    const page = await hub.to('#a').history()
    const day = 24 * 60 * 60 * 1_000
    const jumps = [0, day, -day, 2 * day]
    const initial = {
      ...page,
      messages: page.messages.map((message, i) => ({ ...message, time: message.time + (jumps[i] ?? 0) })),
    }
    const list = messages(await enter(w, hub, 'alice'), 'say', { initial, most: 50 })
    list.subscribe(() => {})
    w.shiftClock(hub, -2 * day, '1h')
    await hub.to('#a').send('say', 'live')
    list.send('say', 'mine')
    await w.advance('1s')
    void list.older(50)
    await w.advance('1s')
    expect(texts(list.snapshot())).toEqual(['0', '1', '2', '3', 'live', 'mine'])
    const times = list.snapshot().items.map((item) => (item.event === '$gap' ? null : item.time))
    expect(times.slice(0, 4)).toEqual(initial.messages.map(({ time }) => time))
  }))
