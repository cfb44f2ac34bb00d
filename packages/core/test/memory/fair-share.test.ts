import { systemRuntime } from '@chat/core'
import { MemoryStore } from '@chat/core/memory'
import { describe, expect, test } from 'vitest'

/** A store of ten million bytes, whose clock goes on with each message. */
class Writers {
  readonly store: MemoryStore
  #now = 0
  #ref = 0

  constructor() {
    const runtime = { ...systemRuntime, now: () => ++this.#now, timer: () => () => {} }
    this.store = new MemoryStore(runtime, { bytes: 10_000_000 })
  }

  write(from: string | null, address: string, bytes = 100_000, payer?: string): void {
    const ref = ++this.#ref
    const data = JSON.stringify('x'.repeat(bytes))
    const message = { event: 'say', data, meta: null, from, id: `${from}.${ref}`, payer }
    const key = { user: from ?? '', session: from ?? '', ref, hash: `${ref}`, window: 64, by: 'node' }
    this.store.append(address, message, key)
  }

  kept(address: string): number {
    return this.store.read(address, { after: 0, limit: 1_000 }).entries.length
  }
}

describe('the share of a sender in the log', () => {
  test('P-ST-11: a user who writes into ever new addresses pushes out no history of others', () => {
    const writers = new Writers()
    for (let room = 0; room < 20; room++) writers.write(`user ${room}`, `#room ${room}`)
    for (let n = 0; n < 600; n++) writers.write('mallory', `#spam ${n}`)
    const rooms = Array.from({ length: 20 }, (_, room) => writers.kept(`#room ${room}`))
    expect(rooms).toEqual(Array(20).fill(1))
    expect(writers.store.usage.bytes).toBeLessThanOrEqual(10_000_000)
    expect(writers.kept('#spam 599')).toBe(1)
  })

  test('P-ST-11: a few words of others in these addresses change nothing', () => {
    const writers = new Writers()
    for (let room = 0; room < 20; room++) writers.write(`user ${room}`, `#room ${room}`)
    for (let n = 0; n < 150; n++) {
      writers.write(`user ${n % 20}`, `#spam ${n}`, 10)
      for (let i = 0; i < 4; i++) writers.write('mallory', `#spam ${n}`)
    }
    const rooms = Array.from({ length: 20 }, (_, room) => writers.kept(`#room ${room}`))
    expect(rooms).toEqual(Array(20).fill(1))
  })

  test('P-ST-11: when no sender has more than its share, the logs written longest ago are forgotten', () => {
    const writers = new Writers()
    for (let room = 0; room < 200; room++) writers.write(`user ${room}`, `#room ${room}`)
    expect([writers.kept('#room 0'), writers.kept('#room 199')]).toEqual([0, 1])
  })

  test('P-ST-11: a sender with less than its share loses nothing to another one', () => {
    const writers = new Writers()
    for (let n = 0; n < 8; n++) writers.write('alice', `#alice ${n}`)
    for (let room = 0; room < 300; room++) writers.write(`user ${room}`, `#room ${room}`)
    for (let n = 0; n < 8; n++) writers.write('alice', `#late ${n}`)
    for (let n = 0; n < 300; n++) writers.write('mallory', `#spam ${n}`)
    expect(Array.from({ length: 8 }, (_, n) => writers.kept(`#late ${n}`))).toEqual(Array(8).fill(1))
  })

  test('P-ST-11: what the application writes itself belongs to no user', () => {
    const writers = new Writers()
    for (let n = 0; n < 50; n++) writers.write(null, `#news ${n}`)
    for (let n = 0; n < 300; n++) writers.write('mallory', `#spam ${n}`)
    expect(Array.from({ length: 50 }, (_, n) => writers.kept(`#news ${n}`))).toEqual(Array(50).fill(1))
  })

  test('P-ST-11: many users with one payer have one share together', () => {
    const writers = new Writers()
    for (let room = 0; room < 20; room++) writers.write(`user ${room}`, `#room ${room}`)
    for (let n = 0; n < 600; n++) writers.write(`guest ${n % 40}`, `#spam ${n}`, 100_000, 'address 192.0.2.1')
    const rooms = Array.from({ length: 20 }, (_, room) => writers.kept(`#room ${room}`))
    expect(rooms).toEqual(Array(20).fill(1))
  })

  test('P-ST-11: joined rooms without messages push out no history, however many they are', () => {
    const writers = new Writers()
    for (let room = 0; room < 20; room++) writers.write(`user ${room}`, `#room ${room}`)
    const leave = Array.from({ length: 30_000 }, (_, n) => writers.store.tail(`#joined ${n}`, () => {}))
    writers.write('alice', '#joined 0')
    expect(Array.from({ length: 20 }, (_, room) => writers.kept(`#room ${room}`))).toEqual(Array(20).fill(1))
    for (const undo of leave) undo()
    expect(writers.kept('#joined 0')).toBe(1)
  })

  test('P-ST-11: a log whose messages are gone leaves its place to others, and takes it again', () => {
    const writers = new Writers()
    for (let n = 0; n < 40; n++) {
      writers.write('alice', '#a')
      writers.store.trim('#a', 0)
    }
    const empty = writers.store.usage.bytes
    for (let room = 0; room < 120; room++) writers.write(`user ${room}`, `#room ${room}`)
    expect(writers.store.usage.bytes).toBeLessThanOrEqual(10_000_000 + empty)
    expect(writers.kept('#room 119')).toBe(1)
  })
})
