import { UsageError } from '@chat/core'
import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { takeClient } from '../../src/binding.ts'

const place = "the prop 'client' of ChatProvider"

test('a client and null are taken', () =>
  world({}, async (w) => {
    const alice = await w.client(w.hub({ authenticate: () => ({ id: 'alice' }) }), 'alice')
    expect(takeClient(alice, place)).toBe(alice)
    expect(takeClient(null, place)).toBe(null)
  }))

test.each<[string, unknown, RegExp]>([
  [
    'nothing',
    undefined,
    /the prop 'client' of ChatProvider is undefined; give a client, as connect returns it/,
  ],
  ['a URL', '/chat', /is "\/chat"; give a client/],
  ['an object', {}, /give a client, as connect returns it, null for none, or a function that returns one$/],
  ['the result of an async function', Promise.resolve(null), /; the function must not be async$/],
])('%s is refused, with what to give', (_, value, text) => {
  expect(() => takeClient(value, place)).toThrow(UsageError)
  expect(() => takeClient(value, place)).toThrow(text)
})
