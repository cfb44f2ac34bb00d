import { messages } from '@chat/store'
import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { only, scene } from './support/chat.ts'

test('listeners are called at most once a frame while messages come, and at once for the first and for own sends', () =>
  world({ seed: 1 }, async (w) => {
    const { hub, rooms } = await scene(w, ['alice'])
    const list = messages(only(rooms), 'say')
    let calls = 0
    list.subscribe(() => calls++)
    await w.advance('5s')
    calls = 0
    const began = w.now
    for (let i = 0; i < 200; i++) {
      await hub.to('#a').send('say', `${i}`)
      await w.advance('2ms')
    }
    const frames = (w.now - began) / 16
    await w.advance('1s')
    expect(calls).toBeGreaterThan(frames / 2)
    expect(calls).toBeLessThanOrEqual(frames + 2)
    expect(list.snapshot().items).toHaveLength(200)
    calls = 0
    list.send('say', 'mine')
    expect(calls).toBe(1)
  }))
