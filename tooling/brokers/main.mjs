// Runs the tests of whole hubs over brokers that break.
//   npm run test:brokers                    the faults that CI tests
//   npm run test:brokers -- --all           also those that take long
//   npm run test:brokers -- --record        stores promises and figures in docs/conformance
//   npm run test:brokers -- redis -t slot   only some; every other argument is one of vitest
import { spawnSync } from 'node:child_process'
import { root } from '../repository.mjs'

const own = { '--all': { BROKERS: 'all' }, '--record': { RECORD: '1' } }

const given = process.argv.slice(2)
const env = Object.assign({ ...process.env }, ...given.map((argument) => own[argument]))
const others = given.filter((argument) => !(argument in own))
const args = ['vitest', 'run', '--config', 'vitest.brokers.config.ts', ...others]
const { status } = spawnSync('npx', args, { cwd: root, env, stdio: 'inherit' })
process.exit(status ?? 1)
