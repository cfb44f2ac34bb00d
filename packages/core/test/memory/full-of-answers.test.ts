import { ChatError } from '@chat/core'
import { MemoryStore } from '@chat/core/memory'
import { VirtualTime } from '@chat/testing'
import { describe, expect, test } from 'vitest'

const bytes = 400_000

function full(): {
  time: VirtualTime
  store: MemoryStore
  send(n: number, session?: string): unknown
  stored: number
} {
  const time = new VirtualTime()
  const store = new MemoryStore(time.runtime('store'), { bytes })
  const send = (n: number, session = 'flood'): unknown =>
    store.append(
      `#room${n}`,
      { event: 'say', data: `${n}`, meta: null, from: 'alice', id: `${session}.${n}` },
      { user: 'alice', session, ref: n, hash: `${n}`, window: 64, by: 'node' },
    )
  let stored = 1
  expect(() => {
    for (; stored < 1_000; stored++) send(stored)
  }).toThrow(ChatError)
  return { time, store, send, stored }
}

describe('a store that is full of answers to repetitions', () => {
  test('makes room within seconds: answers that are no longer new are forgotten', async () => {
    const { time, send, stored } = full()
    await time.advance(3_000)
    expect(send(stored)).toMatchObject({ outcome: 'stored' })
  })

  test('keeps new answers, and stores no repetition of a forgotten answer again (P-PB-2)', async () => {
    const { time, store, send, stored } = full()
    await time.advance(6_000)
    send(stored, 'other')
    expect(send(stored, 'other')).toMatchObject({ outcome: 'duplicate' })
    for (const seconds of [0, 60, 50]) {
      await time.advance(seconds * 1_000)
      expect(send(1)).toEqual({ outcome: 'conflict' })
    }
    expect(store.read('#room1', { after: 0, limit: 10 }).entries.length).toBeLessThanOrEqual(1)
  })

  test('counts what is left of forgotten answers, until the window is over', async () => {
    const { time, store, send, stored } = full()
    await time.advance(6_000)
    send(stored)
    expect(store.usage.bytes).toBeGreaterThan(0)
    await time.advance(4_000_000)
    expect(store.usage.bytes).toBe(0)
  })

  test('with many sessions stays within its bytes, and is writable again after the window', async () => {
    const { time, store, send, stored } = full()
    let n = stored
    for (let round = 0; round < 60; round++) {
      await time.advance(6_000)
      try {
        for (let i = 0; i < 200; i++) send(++n, `session ${n}`)
      } catch (error) {
        expect(error).toBeInstanceOf(ChatError)
      }
      expect(store.usage.bytes).toBeLessThanOrEqual(bytes)
    }
    await time.advance(151_000)
    expect(send(++n, 'late')).toMatchObject({ outcome: 'stored' })
  })
})
