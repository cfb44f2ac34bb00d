// packages/testing/test/runners.test.ts, which vitest runs with all others, in node:test and bun:test.
import { install } from './bundles.mjs'
import { current } from './runtimes.mjs'
import { tests } from './tests.mjs'

export const wants = [current, 'node 20', 'node 22', 'node 24', 'bun']

/** Answers whether the tests pass in all of them. */
export async function test(runtimes) {
  await install('core', 'testing')
  let ok = true
  for (const runtime of runtimes) ok = (await tests(runtime, 'packages/testing/test/runners.test.ts')) && ok
  return ok
}
