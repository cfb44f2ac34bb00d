import { expect, test } from 'vitest'
import { Few } from '../../src/runtime/few.ts'

interface Named {
  readonly name: string
}

const [ann, bob, eve]: readonly [Named, Named, Named] = [{ name: 'ann' }, { name: 'bob' }, { name: 'eve' }]

const few = (...values: readonly Named[]): Few<Named> => {
  const made = new Few<Named>()
  for (const value of values) made.add(value)
  return made
}

const names = (values: Few<Named>): string[] => [...values.values()].map(({ name }) => name)

test('a single value comes and goes', () => {
  const values = few(ann)
  expect([values.size, names(values)]).toEqual([1, ['ann']])
  values.delete(ann)
  expect([values.size, names(values)]).toEqual([0, []])
})

test('several values keep the order in which they came', () => {
  const values = few(ann, bob, eve)
  values.delete(bob)
  expect([values.size, names(values)]).toEqual([2, ['ann', 'eve']])
})

test('a value that is there already is added once', () => {
  expect(names(few(ann, ann))).toEqual(['ann'])
  expect(names(few(ann, bob, ann))).toEqual(['ann', 'bob'])
})

test('a value that is not there removes no other', () => {
  const values = few(ann)
  values.delete(bob)
  expect(names(values)).toEqual(['ann'])
})

test('the last of several values can leave, and another come', () => {
  const values = few(ann, bob)
  values.delete(ann)
  values.delete(bob)
  expect([values.size, names(values)]).toEqual([0, []])
  values.add(eve)
  expect(names(values)).toEqual(['eve'])
})

test('a value that leaves while the values are visited is not visited', () => {
  const values = few(ann, bob, eve)
  const visited: string[] = []
  for (const { name } of values.values()) {
    visited.push(name)
    values.delete(bob)
  }
  expect(visited).toEqual(['ann', 'eve'])
})
