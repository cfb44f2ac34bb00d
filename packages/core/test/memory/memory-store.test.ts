import { ChatError, systemRuntime } from '@chat/core'
import type { AppendKey } from '@chat/core/backplane'
import { MemoryStore } from '@chat/core/memory'
import { VirtualTime } from '@chat/testing'
import { describe, expect, test } from 'vitest'

const message = (n: number, data = String(n)) => ({
  event: 'say',
  data,
  meta: null,
  from: 'alice',
  id: `session1.${n}`,
})
const key = (ref: number, options: Partial<AppendKey> = {}): AppendKey => ({
  user: 'alice',
  session: 'session1',
  ref,
  hash: String(ref),
  window: 64,
  by: 'node',
  ...options,
})

function setup() {
  const time = new VirtualTime()
  return { time, store: new MemoryStore(time.runtime('store')) }
}

describe('the log in memory', () => {
  test('P-MT-1: stamps a message, and a clock that goes back does not take the log with it', () => {
    let wall = 1_000
    const store = new MemoryStore({ ...systemRuntime, wallTime: () => wall, timer: () => () => {} })
    const times = [1_000, 900, 1_100].map((now, i) => {
      wall = now
      const result = store.append('#a', message(i + 1), key(i + 1))
      return 'time' in result ? result.time : null
    })
    expect(times).toEqual([1_000, 1_000, 1_100])
    const { entries } = store.read('#a', { before: null, limit: 10 })
    expect(entries.map(({ time }) => time)).toEqual(times)
    wall = 0
    expect(store.append('#a', message(2), key(2))).toMatchObject({ outcome: 'duplicate', time: 1_000 })
  })

  test('stores a message at the expected position only; a known key is answered first', () => {
    const { store } = setup()
    const first = store.append('#a', message(1), key(1), null)
    expect(first).toMatchObject({ outcome: 'stored', at: 1 })
    const epoch = 'epoch' in first ? first.epoch : ''
    const overtaken = { outcome: 'overtaken', epoch, at: 1, id: 'session1.1', event: 'say' }
    expect(store.append('#a', message(2), key(2), null)).toEqual(overtaken)
    expect(store.append('#a', message(2), key(2), [epoch, 1, 'other'])).toEqual(overtaken)
    expect(store.append('#a', message(1), key(1), null)).toMatchObject({ outcome: 'duplicate' })
    expect(store.append('#a', message(2), key(2), [epoch, 1, 'session1.1'])).toMatchObject({ at: 2 })
    expect(store.append('#b', message(3), key(3), [epoch, 1, 'x'])).toMatchObject({
      outcome: 'overtaken',
      at: 0,
      id: null,
      event: null,
    })
  })

  test('is early for a key whose previous ref is not known', () => {
    const { store } = setup()
    expect(store.append('#a', message(2), key(2, { previousRef: 1 }))).toEqual({ outcome: 'early' })
    store.append('#a', message(1), key(1))
    expect(store.append('#a', message(3), key(3, { previousRef: 2 }))).toEqual({ outcome: 'early' })
    expect(store.append('#a', message(2), key(2, { previousRef: 1 }))).toMatchObject({ outcome: 'stored' })
    expect(store.append('#a', message(3), key(3, { previousRef: 2 }))).toMatchObject({ outcome: 'stored' })
    expect(store.append('#a', message(3), key(3, { previousRef: 2 }))).toMatchObject({ outcome: 'duplicate' })
  })

  test('P-PB-2: a key is known for the window after its message was stored, however often it is asked for', async () => {
    const { time, store } = setup()
    store.append('#a', message(1), key(1))
    await time.advance(119_000)
    expect(store.find('#a', key(1))).toMatchObject({ outcome: 'duplicate' })
    await time.advance(40_000)
    expect(store.usage.keys).toBe(0)
  })

  test('tells the places of logs, and keeps those that are named', async () => {
    const { time, store } = setup()
    store.append('#a', message(1), key(1))
    const [known, unknown] = store.heads(['#a', '#b'])
    expect([known?.top, unknown?.top]).toEqual([1, 0])
    for (let minutes = 0; minutes < 180; minutes += 5) {
      await time.advance(300_000)
      expect(store.heads(['#a', '#b'])).toEqual([known, unknown])
    }
    await time.advance(700_000)
    expect(store.usage).toMatchObject({ streams: 0, bytes: 0 })
  })

  test('empties an entry, which keeps its place', () => {
    const { store } = setup()
    const result = store.append('#a', { ...message(1, '"secret"'), meta: '{"of":"x"}' }, key(1))
    const epoch = 'epoch' in result ? result.epoch : ''
    const before = store.usage.bytes
    expect(store.redact('#a', [epoch, 1, 'other'])).toBe(false)
    expect(store.redact('#a', ['other', 1, 'session1.1'])).toBe(false)
    expect(store.redact('#b', [epoch, 1, 'session1.1'])).toBe(false)
    expect(store.redact('#a', [epoch, 1, 'session1.1'])).toBe(true)
    const [entry] = store.read('#a', { before: null, limit: 1 }).entries
    expect(entry).toMatchObject({ at: 1, id: 'session1.1', from: 'alice', event: '$redacted', data: 'null' })
    expect(entry?.meta).toBeNull()
    expect(store.usage.bytes).toBeLessThan(before)
  })
})

describe('the sessions in memory', () => {
  test('know their node, which is unknown after a taking that was not confirmed', () => {
    const { store } = setup()
    const { sessions } = store
    const attempt = (secret: string, next: string, node: string) => ({
      user: 'alice',
      secret,
      n: 1,
      next,
      node,
    })
    sessions.put({ id: 's', user: 'alice', secret: 'a' }, 'first', 1_000)
    expect(sessions.find('s')).toEqual({ user: 'alice', node: 'first' })
    expect(sessions.take('s', attempt('a', 'b', 'second'), 1_000)).toMatchObject({ node: 'first' })
    expect(sessions.find('s')).toEqual({ user: 'alice', node: 'second' })
    expect(sessions.take('s', attempt('b', 'c', 'third'), 1_000)).toMatchObject({ node: null })
    sessions.confirm('s', 3)
    expect(sessions.take('s', attempt('c', 'd', 'fourth'), 1_000)).toMatchObject({ node: 'third' })
    sessions.drop({ id: 's' })
    expect(sessions.find('s')).toBeNull()
  })
})

describe('the memory of a store', () => {
  const lease = { ttl: 1_000, keep: 60_000 }
  const member = (n: number, state: string) => ({
    session: `session${n}`,
    user: `user ${n}`,
    state,
    generation: 1,
    node: 'node',
  })

  test('answers to repetitions take half of the bytes, and leave the other half to the logs', async () => {
    const time = new VirtualTime()
    const store = new MemoryStore(time.runtime('store'), { bytes: 400_000 })
    for (let n = 1; n <= 100; n++) store.append('#quiet', message(n), key(n, { session: 'quiet' }))
    const flood = (n: number) => store.append(`#room${n}`, message(n), key(1, { session: `flood${n}` }))
    let stored = 0
    expect(() => {
      for (; stored < 1_000; stored++) flood(stored)
    }).toThrow(ChatError)
    expect(store.usage.bytes).toBeLessThanOrEqual(400_000)
    expect(store.usage.streams).toBeGreaterThan(100)
    expect(store.read(`#room${stored - 1}`, { after: 0, limit: 1 }).entries).toHaveLength(1)
    expect(flood(stored - 1)).toMatchObject({ outcome: 'duplicate' })
    await time.advance(151_000)
    expect(flood(stored)).toMatchObject({ outcome: 'stored' })
  })

  test('bounds presence states by their bytes: remembered ones go first, then new ones are refused', async () => {
    const time = new VirtualTime()
    const { presence } = new MemoryStore(time.runtime('store'), { bytes: 400_000 })
    const state = JSON.stringify('x'.repeat(10_000))
    presence.enter('#a', [member(1, state)], lease)
    presence.leave('#a', 'session1', 1, 60_000)
    for (let n = 2; n < 11; n++) presence.enter('#a', [member(n, state)], lease)
    expect(() => presence.enter('#a', [member(11, state)], lease)).toThrow(ChatError)
    expect(() => presence.enter('#a', [member(9, 'null')], lease)).not.toThrow()
    expect(presence.bytes).toBeLessThanOrEqual(100_000)
    for (let n = 2; n < 11; n++) presence.leave('#a', `session${n}`, 1, 0)
    expect(presence.bytes).toBeLessThan(11_000)
    await time.advance(61_000)
    presence.sweep(time.now)
    expect(presence.bytes).toBe(0)
  })
})
