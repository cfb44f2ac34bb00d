import type { AppendKey } from '@chat/core/backplane'
import { describe, expect, test } from 'vitest'
import { KeyRings } from '../../src/log/key-rings.ts'
import { emptyState, type LogMessage } from '../../src/log/log-state.ts'

const key = (ref: number, given: Partial<AppendKey> = {}): AppendKey => ({
  ...{ user: 'alice', session: 's1', ref, hash: `hash ${ref}`, window: 4, by: 'n1' },
  ...given,
})

const message = (sequence: number, time: number, keys: readonly AppendKey[]): LogMessage => ({
  ...{ sequence, previous: sequence - 1, before: emptyState('epoch') },
  entries: keys.map((each) => ({
    ...{
      id: `${each.session}.${each.ref}`,
      event: 'say',
      from: each.user,
      time,
      data: '1',
      meta: null,
      bytes: 9,
    },
    ...{
      user: each.user,
      session: each.session,
      ref: each.ref,
      hash: each.hash,
      window: each.window,
      by: each.by,
    },
  })),
})

describe('the keys of a log', () => {
  test('a stored key is a duplicate with its first answer, another hash a conflict, a skipped ref a conflict', () => {
    const rings = new KeyRings(() => 1_000)
    rings.record(message(1, 0, [key(1), key(3)]))
    expect(rings.find(key(3), 10)).toEqual({
      ...{ outcome: 'duplicate', epoch: 'epoch', at: 1_025, id: 's1.3', time: 0, by: 'n1' },
    })
    expect(rings.find(key(3, { hash: 'other' }), 10)).toEqual({ outcome: 'conflict' })
    expect(rings.find(key(2), 10)).toEqual({ outcome: 'conflict' })
    expect(rings.find(key(4), 10)).toBeNull()
    expect(rings.find(key(1, { session: 's2' }), 10)).toBeNull()
    expect([rings.greatest(key(9), 10), rings.greatest(key(9, { user: 'bob' }), 10)]).toEqual([3, 0])
  })

  test('users and sessions whose names join to the same text are told apart', () => {
    const rings = new KeyRings(() => 1_000)
    rings.record(message(1, 0, [key(1, { user: 'a', session: 'bc' })]))
    expect(rings.find(key(1, { user: 'ab', session: 'c' }), 0)).toBeNull()
    expect(rings.find(key(1, { user: '', session: 'abc' }), 0)).toBeNull()
  })

  test('at least a window of refs is known, and at most two', () => {
    const rings = new KeyRings(() => 1_000)
    for (let ref = 1; ref <= 100; ref++) {
      rings.record(message(ref, 0, [key(ref)]))
      for (let known = Math.max(1, ref - 3); known <= ref; known++)
        expect(rings.find(key(known), 0)?.outcome).toBe('duplicate')
      if (ref > 8) expect(rings.find(key(ref - 8), 0)).toEqual({ outcome: 'conflict' })
    }
  })

  test('a ring is forgotten after its lifetime, and begins anew', () => {
    const rings = new KeyRings(() => 1_000)
    rings.record(message(1, 0, [key(5)]))
    rings.record(message(2, 500, [key(1, { session: 's2' })]))
    expect(rings.find(key(5), 1_000)?.outcome).toBe('duplicate')
    expect(rings.find(key(5), 1_001)).toBeNull()
    rings.sweep(1_001)
    expect(rings.size).toBe(1)
    rings.record(message(3, 2_000, [key(2)]))
    expect([rings.find(key(2), 2_000)?.outcome, rings.find(key(5), 2_000)]).toEqual(['duplicate', null])
  })
})
