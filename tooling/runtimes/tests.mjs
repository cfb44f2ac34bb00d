// Runs test files of vitest in the built-in test runner of a runtime.
import { basename, join } from 'node:path'
import { run, seconds } from '../processes.mjs'
import { bundle, out, within } from './bundles.mjs'

/** The built-in test runner of each kind of runtime. */
const runners = { node: { name: 'node:test', args: ['--test'] }, bun: { name: 'bun:test', args: ['test'] } }

/** Resolves with `true` when the tests of a file pass. */
export async function tests({ kind, title, command }, path) {
  const { name, args } = runners[kind]
  const file = join(out, kind, basename(path).replace(/\.ts$/, '.mjs'))
  await bundle(path, file, { vitest: name })
  const start = performance.now()
  const { status, stdout, stderr } = await run(command, [...args, file], within)
  // A test runner also succeeds when it finds no test.
  const passed = Number(/^(?:# pass|ℹ pass| *)\s*(\d+)(?: pass)?$/m.exec(`${stdout}\n${stderr}`)?.[1] ?? 0)
  const ok = status === 0 && passed > 0
  console.log(
    `${title}: ${passed} tests in ${name} passed in ${seconds(start)} s${ok ? '' : ', others FAILED'}`,
  )
  if (!ok) console.log(`${stdout}${stderr}`)
  return ok
}
