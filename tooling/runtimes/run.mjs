// Starting a runtime, and saying how long it took.
import { spawn } from 'node:child_process'
import { out } from './bundles.mjs'

/** Runs a command to its end: `{ status, stdout, stderr }`. Nothing here blocks: other parts go on meanwhile. */
export function run(command, args, { cwd = out, timeout = 300_000, env = {} } = {}) {
  const all = { ...process.env, ...env }
  // A runner inside another would report to it.
  delete all.NODE_TEST_CONTEXT
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: all, timeout, stdio: ['ignore', 'pipe', 'pipe'] })
    const written = { stdout: '', stderr: '' }
    for (const name of Object.keys(written))
      child[name].setEncoding('utf8').on('data', (text) => (written[name] += text))
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, ...written }))
  })
}

/** The seconds since `start`, of `performance.now()`. */
export function seconds(start) {
  return ((performance.now() - start) / 1_000).toFixed(1)
}
