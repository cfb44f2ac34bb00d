import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LatestByKey } from '../../src/runtime/latest-by-key.ts'

const all = <T>(latest: LatestByKey<T>): T[] => {
  const values: T[] = []
  for (let value = latest.shift(); value !== undefined; value = latest.shift()) values.push(value)
  return values
}

test('only the newest value of each key is kept, in the order of the puts', () => {
  const latest = new LatestByKey<string>({ count: 10, bytes: 100 })
  for (const value of ['a1', 'b1', 'c1', 'a2']) latest.put(value.charAt(0), value, 1)
  expect(all(latest)).toEqual(['b1', 'c1', 'a2'])
})

test('above the maximum number, the oldest value is dropped', () => {
  const latest = new LatestByKey<string>({ count: 2, bytes: 100 })
  for (const value of ['a1', 'b1', 'a2', 'c1']) latest.put(value.charAt(0), value, 1)
  expect(all(latest)).toEqual(['a2', 'c1'])
})

test('above the maximum size, the oldest values are dropped until the rest fits', () => {
  const latest = new LatestByKey<string>({ count: 10, bytes: 100 })
  for (const key of ['a', 'b', 'c']) latest.put(key, key, 30)
  latest.put('d', 'd', 60)
  expect(all(latest)).toEqual(['c', 'd'])
})

test('a value that is too large alone is not kept, and neither is the older value of its key', () => {
  const latest = new LatestByKey<string>({ count: 10, bytes: 100 })
  latest.put('a', 'old', 10)
  latest.put('a', 'large', 101)
  expect(all(latest)).toEqual([])
})

test('forgetting a prefix removes its keys and no others', () => {
  const latest = new LatestByKey<string>({ count: 10, bytes: 100 })
  for (const key of ['#a\nx', '#ab\nx', '#a\ny', '*\n#a\n']) latest.put(key, key, 1)
  latest.forget('#a\n')
  expect(all(latest)).toEqual(['#ab\nx', '*\n#a\n'])
})

test('whatever is put, neither bound is passed, and what is taken leaves room', () => {
  const put = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.integer({ min: 1, max: 60 }))
  fc.assert(
    fc.property(fc.array(put), (puts) => {
      const latest = new LatestByKey<number>({ count: 3, bytes: 100 })
      const model = new Map<string, number>()
      const sum = (): number => [...model.values()].reduce((total, bytes) => total + bytes, 0)
      for (const [key, bytes] of puts) {
        latest.put(key, bytes, bytes)
        model.delete(key)
        model.set(key, bytes)
        for (const oldest of model.keys()) if (model.size > 3 || sum() > 100) model.delete(oldest)
      }
      expect(all(latest)).toEqual([...model.values()])
      expect(latest.size).toBe(0)
      latest.put('whole', 100, 100)
      expect(all(latest)).toEqual([100])
    }),
  )
})
