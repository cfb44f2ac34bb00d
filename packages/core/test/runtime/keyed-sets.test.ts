import { expect, test } from 'vitest'
import { KeyedSets } from '../../src/runtime/keyed-sets.ts'

test('a key has the values that were added and not deleted, in their order', () => {
  const sets = new KeyedSets<string>()
  const model = new Map<string, Set<string>>()
  for (let i = 0; i < 2_000; i++) {
    const key = `k${(i * 7) % 5}`
    const value = `v${(i * 13) % 4}`
    const own = model.get(key) ?? new Set()
    if ((i * 31) % 3 === 0) {
      own.add(value)
      sets.add(key, value)
    } else {
      own.delete(value)
      sets.delete(key, value)
    }
    model.set(key, own)
    expect([...sets.values(key)]).toEqual([...own])
    expect(sets.count(key)).toBe(own.size)
    expect(sets.has(key)).toBe(own.size > 0)
  }
  const kept = [...model].filter(([, { size }]) => size > 0).map(([key]) => key)
  expect([...sets.keys].toSorted()).toEqual(kept.toSorted())
  expect(sets.size).toBe(kept.length)
  sets.clear()
  expect([sets.size, [...sets.values('k1')]]).toEqual([0, []])
})
