// packages/testing/test/runners.test.ts, which vitest runs with all others, in node:test and bun:test.
import { join } from 'node:path'
import { bundle, install, out } from './bundles.mjs'
import { run, seconds } from './run.mjs'
import { current } from './runtimes.mjs'

export const wants = [current, 'node 20', 'node 22', 'node 24', 'bun']

/** The test runner that each kind of runtime brings. */
const runners = { node: { name: 'node:test', args: ['--test'] }, bun: { name: 'bun:test', args: ['test'] } }

/** Answers whether the tests pass in all of them. */
export async function test(runtimes) {
  await install('core', 'testing')
  let ok = true
  for (const runtime of runtimes) ok = (await passes(runtime)) && ok
  return ok
}

async function passes({ kind, title, command }) {
  const { name, args } = runners[kind]
  const file = join(out, kind, 'runners.test.mjs')
  await bundle('packages/testing/test/runners.test.ts', file, { vitest: name })
  const start = performance.now()
  const { status, stdout, stderr } = run(command, [...args, file])
  // A runner that finds no test succeeds, too.
  const passed = Number(/^(?:# pass|ℹ pass| *)\s*(\d+)(?: pass)?$/m.exec(`${stdout}\n${stderr}`)?.[1] ?? 0)
  const ok = status === 0 && passed > 0
  console.log(
    `${title}: ${passed} tests in ${name} passed in ${seconds(start)} s${ok ? '' : ', others FAILED'}`,
  )
  if (!ok) console.log(`${stdout}${stderr}`)
  return ok
}
