// Runs packages/testing/test/runners.test.ts in node:test and bun:test. Vitest runs it with all other tests.
import { install } from './bundles.mjs'
import { current } from './runtimes.mjs'
import { tests } from './tests.mjs'

export const wants = [current, 'node 20', 'node 22', 'node 24', 'bun']

/** Resolves with `true` when the tests pass in all runtimes. */
export async function test(runtimes) {
  await install('core', 'testing')
  let ok = true
  for (const runtime of runtimes) ok = (await tests(runtime, 'packages/testing/test/runners.test.ts')) && ok
  return ok
}
