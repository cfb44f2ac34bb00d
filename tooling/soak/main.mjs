// Runs hubs that restart, with clients behind a proxy that applies faults by a seed, and judges all messages.
//   npm run soak -- [--minutes 10] [--seed 1] [--backplane sqlite|redis]
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { root } from '../repository.mjs'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    backplane: { type: 'string', default: 'sqlite' },
  },
})
for (const name of ['minutes', 'seed'])
  if (!(Number(values[name]) > 0)) throw new RangeError(`unable to soak: --${name} must be a number above 0`)
if (!['sqlite', 'redis'].includes(values.backplane))
  throw new RangeError("unable to soak: --backplane must be 'sqlite' or 'redis'")

const env = {
  ...process.env,
  SOAK_MINUTES: values.minutes,
  SOAK_SEED: values.seed,
  SOAK_BACKPLANE: values.backplane,
}
const { status } = spawnSync('npx', ['vitest', 'run', '--config', 'vitest.soak.config.ts'], {
  cwd: root,
  env,
  stdio: 'inherit',
})
process.exit(status ?? 1)
