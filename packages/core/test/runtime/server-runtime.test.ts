import { expect, test } from 'vitest'
import { serverRuntime } from '../../src/runtime/server-runtime.ts'

test('ids of a hub have their length and alphabet, and none comes twice, across lots of random bytes', () => {
  const ids = Array.from({ length: 2_000 }, (_, i) => serverRuntime.id(i % 5 === 0 ? 24 : 12))
  for (const [i, id] of ids.entries()) expect(id).toMatch(i % 5 === 0 ? /^[\w-]{24}$/ : /^[\w-]{12}$/)
  expect(new Set(ids).size).toBe(2_000)
  expect(serverRuntime.id(3_000)).toHaveLength(3_000)
})
