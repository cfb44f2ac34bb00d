// Tests @chat/bun in Bun: the conformance suite with clients in Bun and on Node, the everyday cases, and
// servers that the hub shares.
import { join } from 'node:path'
import { bundle, install, out } from './bundles.mjs'
import { cases, withServer } from './cases.mjs'
import { tests } from './tests.mjs'

export const wants = ['bun']

const capabilities = { name: 'bun', backpressure: true, pause: true, closeCodes: true, detectsLoss: false }

/** Files for Bun's own test runner. */
const files = ['sharing-a-server.test.ts', 'hostile-peers.test.ts', 'node-ws.test.ts']

/** Resolves with `true` when all tests pass. */
export async function test([bun]) {
  if (bun === undefined) return true
  await install('core', 'testing', 'browser', 'http', 'node-ws', 'bun')
  const within = await bundle('packages/bun/test-bun/conformance.ts', join(out, 'bun-conformance.mjs'))
  const server = await bundle('packages/bun/test-bun/server.ts', join(out, 'bun-server.mjs'))
  const fromNode = await bundle('test-support/from-node.ts', join(out, 'from-node.mjs'))
  const inBun = await cases({
    title: `${bun.title}, both ends`,
    command: bun.command,
    args: [within],
    conformance: { 'bun, clients in Bun': 'Bun' },
  })
  const acrossProcesses = await withServer({ command: bun.command, args: [server], cwd: out }, (port) =>
    cases({
      title: `${bun.title}, clients on Node`,
      command: process.execPath,
      args: [fromNode, String(port), 'bun', JSON.stringify(capabilities)],
      conformance: { 'bun, clients on Node': 'Bun' },
    }),
  )
  let ok = inBun && acrossProcesses
  for (const file of files) ok = (await tests(bun, `packages/bun/test-bun/${file}`)) && ok
  return ok
}
