import { Hub, UsageError } from '@chat/core'
import { expect, test } from 'vitest'

test.each<[options: object, meant: string]>([
  [{ authenticat: () => null }, "there is no option 'authenticat'; the options are contract"],
  [{ authenticat: () => null }, "; did you mean 'authenticate'?"],
  [{ authorise: () => true }, "; did you mean 'authorize'?"],
  [{ limts: {} }, "; did you mean 'limits'?"],
  [{ limits: { romos: 3 } }, "; did you mean 'rooms'?"],
  [{ presence: { maxx: 3 } }, "; did you mean 'max'?"],
  [{ timeouts: { heartBeat: 3 } }, "; did you mean 'heartbeat'?"],
])('the misspelt option of %j is told which was meant', (options, text) => {
  const make = (): Hub => new Hub(options)
  expect(make).toThrow(UsageError)
  expect(make).toThrow(text)
})

test.each([
  ['$conect', "; did you mean '$connect'?"],
  ['$Error', "; did you mean '$error'?"],
  ['$leav', "; did you mean '$leave'?"],
])('the misspelt event %s of a hub is told which was meant', (name, text) => {
  expect(() => new Hub().on(name as '$connect', () => {})).toThrow(text)
})

test('a name that is like no other gets no question', () => {
  const text = /events are [$\w, ]+$/
  expect(() => new Hub().on('$everything' as '$connect', () => {})).toThrow(text)
  expect(() => new Hub({ colour: 'red' } as object)).toThrow(/the options are [\w, ]+$/)
})
