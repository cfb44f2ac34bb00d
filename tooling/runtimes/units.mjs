// Runs the unit tests of all packages in each runtime, by vitest itself. test-support/runtimes.ts lists the
// excluded files with the reasons.
import { join } from 'node:path'
import { run, seconds } from '../processes.mjs'
import { root } from '../repository.mjs'
import { current } from './runtimes.mjs'

/** All runtimes except the current Node, where `npm test` runs these tests. */
export const wants = ['node 20', 'node 22', 'node 24', 'node 26', 'bun', 'deno'].filter(
  (name) => name !== current,
)

/** Arguments by which a kind of runtime runs vitest itself instead of starting Node. */
const starts = { node: [], bun: ['--bun'], deno: ['run', '--allow-all', '--node-modules-dir=manual'] }

const vitest = [
  join(root, 'node_modules', 'vitest', 'vitest.mjs'),
  'run',
  '--config',
  'vitest.runtimes.config.ts',
]

/** Resolves with `true` when the tests pass in all runtimes. */
export async function test(runtimes) {
  const said = new Set()
  let ok = true
  for (const runtime of runtimes) ok = (await passes(runtime, said)) && ok
  return ok
}

async function passes({ kind, title, command }, said) {
  const start = performance.now()
  const args = [...starts[kind], ...vitest]
  const { status, stdout, stderr } = await run(command, args, {
    cwd: root,
    env: { NO_COLOR: '1', CI: '1' },
    timeout: 600_000,
  })
  const tests = /^ *Tests +(.+)$/m.exec(stdout)?.[1] ?? 'no tests'
  const ok = status === 0 && /^[1-9]\d* passed/.test(tests)
  console.log(`${title}: ${tests} in ${seconds(start)} s${ok ? '' : ': FAILED'}`)
  for (const line of leftOut(stdout)) {
    if (!said.has(line)) console.log(line)
    said.add(line)
  }
  if (!ok) console.log(`${stdout}${stderr}\n  again: ${[command, ...args].join(' ')}`)
  return ok
}

/** Returns the lines of vitest about excluded files and skipped cases, without the names of projects. */
function leftOut(output) {
  const blocks = [...output.matchAll(/^((?:left out: .*|skipped:)\n(?: {2}.*\n)+)/gm)].map(([text]) => text)
  return blocks
    .flatMap((text) => text.trimEnd().split('\n'))
    .map((line) => `  ${line.replace(/ \([\w, -]+\)$/, '')}`)
}
