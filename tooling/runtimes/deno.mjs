// Tests @chat/web-socket in Deno: the conformance suite with clients in Deno and on Node, and the everyday
// cases.
import { join } from 'node:path'
import { bundle, install, out } from './bundles.mjs'
import { cases, withServer } from './cases.mjs'

export const wants = ['deno']

const capabilities = {
  name: 'web-socket',
  backpressure: true,
  pause: false,
  closeCodes: true,
  detectsLoss: false,
}
/** Runs without downloading packages. */
const start = ['run', '--allow-all', '--node-modules-dir=manual', '--cached-only', '--no-lock']

/** Resolves with `true` when all tests pass. */
export async function test([deno]) {
  if (deno === undefined) return true
  await install('core', 'testing', 'browser', 'http', 'node-ws', 'web-socket')
  const folder = 'packages/web-socket/test-runtimes'
  const within = await bundle(`${folder}/deno-conformance.ts`, join(out, 'deno-conformance.mjs'))
  const server = await bundle(`${folder}/deno-server.ts`, join(out, 'deno-server.mjs'))
  const fromNode = await bundle('test-support/from-node.ts', join(out, 'from-node.mjs'))
  const inDeno = await cases({
    title: `${deno.title}, both ends`,
    command: deno.command,
    args: [...start, within],
    conformance: { 'web-socket, clients in Deno': 'Deno' },
  })
  const acrossProcesses = await withServer(
    { command: deno.command, args: [...start, server], cwd: out },
    (port) =>
      cases({
        title: `${deno.title}, clients on Node`,
        command: process.execPath,
        args: [fromNode, String(port), 'web-socket', JSON.stringify(capabilities)],
        conformance: { 'web-socket, clients on Node': 'Deno' },
      }),
  )
  return inDeno && acrossProcesses
}
