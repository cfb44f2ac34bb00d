import { Hub, systemRuntime, UsageError } from '@chat/core'
import { MemoryBackplane, MemoryStore } from '@chat/core/memory'
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

test.each<[options: unknown, text: string]>([
  [{ auth: () => null }, "; did you mean 'authenticate'?"],
  [
    { retention: { count: 5 } },
    "there is no option 'retention'; write log: { retention: … }; a hub with a backplane gives it to the backplane",
  ],
  [{ heartbeat: 5 }, "there is no option 'heartbeat'; write timeouts: { heartbeat: … }"],
  [{ rooms: 5 }, 'write limits: { rooms: … } or presence: { rooms: … }'],
  [
    { presence: true },
    "the option 'presence' is not an object, but true; give an object, such as { rooms: … }",
  ],
  [
    { backplane: Promise.resolve({}) },
    'such as sqliteBackplane(database), but is an instance of Promise; await it',
  ],
  [
    { backplane: new MemoryBackplane(new MemoryStore(systemRuntime)), log: {} },
    'give one of the two: backplanes have options of their own',
  ],
  [3_000, 'the options are not an object, but 3000'],
])('new Hub(%o) says what to write', (options, text) => {
  expect(() => new Hub(options as object)).toThrow(text)
})
