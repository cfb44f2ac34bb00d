// Runs attacks on a hub in a process of its own, with an innocent client beside it, and prints a table of figures.
//   npm run test:hostile                     all attacks
//   npm run test:hostile -- --quick          those that CI runs, in less than a minute
//   npm run test:hostile -- --only flood     those with a word in the name of their file; may be repeated
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { root } from '../repository.mjs'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
  },
})
const env = { ...process.env, HOSTILE: values.quick ? 'quick' : 'all' }
const args = ['vitest', 'run', '--config', 'vitest.hostile.config.ts', ...values.only]
const { status } = spawnSync('npx', args, { cwd: root, env, stdio: 'inherit' })
process.exit(status ?? 1)
