// Starting a runtime, and saying how long it took.
import { spawnSync } from 'node:child_process'
import { out } from './bundles.mjs'

/** Runs a command to its end. */
export function run(command, args, { cwd = out, timeout = 300_000, env = {} } = {}) {
  const all = { ...process.env, ...env }
  // A runner inside another would report to it.
  delete all.NODE_TEST_CONTEXT
  return spawnSync(command, args, { cwd, env: all, encoding: 'utf8', timeout, maxBuffer: 2 ** 26 })
}

/** The seconds since `start`, of `performance.now()`. */
export function seconds(start) {
  return ((performance.now() - start) / 1_000).toFixed(1)
}
