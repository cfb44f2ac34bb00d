import { expect, test } from 'vitest'
import { Reader } from '../../../src/hub/delivery/reader.ts'
import { Readers } from '../../../src/hub/delivery/readers.ts'

const reader = (session: string): Reader => new Reader({} as never, session, {} as never)

const sessions = (readers: Readers): string[] => [...readers.values()].map(({ session }) => session)

test('a single reader comes and goes', () => {
  const readers = new Readers()
  const ann = reader('ann')
  readers.add(ann)
  expect([readers.size, sessions(readers)]).toEqual([1, ['ann']])
  readers.delete(ann)
  expect([readers.size, sessions(readers)]).toEqual([0, []])
})

test('several readers keep the order in which they came', () => {
  const readers = new Readers()
  const [ann, bob, eve] = [reader('ann'), reader('bob'), reader('eve')]
  for (const added of [ann, bob, eve]) readers.add(added)
  readers.delete(bob)
  expect([readers.size, sessions(readers)]).toEqual([2, ['ann', 'eve']])
})

test('a reader that was removed already removes no other', () => {
  const readers = new Readers()
  const [ann, bob] = [reader('ann'), reader('bob')]
  readers.add(ann)
  readers.delete(bob)
  expect(sessions(readers)).toEqual(['ann'])
})

test('the last readers of several can leave, and another come', () => {
  const readers = new Readers()
  const [ann, bob, eve] = [reader('ann'), reader('bob'), reader('eve')]
  readers.add(ann)
  readers.add(bob)
  readers.delete(ann)
  readers.delete(bob)
  expect(sessions(readers)).toEqual([])
  readers.add(eve)
  expect(sessions(readers)).toEqual(['eve'])
})
