// Tests @chat/http as a fetch handler in Bun and Deno: the conformance suite with the runtime's own server
// and its own fetch.
import { join } from 'node:path'
import { bundle, install, out } from './bundles.mjs'
import { cases } from './cases.mjs'

export const wants = ['bun', 'deno']

/** Runs without downloading packages. */
const start = {
  bun: [],
  deno: ['run', '--allow-all', '--node-modules-dir=manual', '--cached-only', '--no-lock'],
}
const named = { bun: 'Bun', deno: 'Deno' }

/** Resolves with `true` when all tests pass. */
export async function test(runtimes) {
  await install('core', 'testing', 'http')
  const program = await bundle(
    'packages/http/test-runtimes/conformance.ts',
    join(out, 'http-conformance.mjs'),
  )
  let ok = true
  for (const { kind, title, command } of runtimes) {
    const passed = await cases({
      title: `${title}, both ends`,
      command,
      args: [...start[kind], program],
      conformance: { [`http, both ends in ${named[kind]}`]: named[kind] },
    })
    ok &&= passed
  }
  return ok
}
