// Tests @chat/web-socket in a Durable Object of workerd, the runtime of Cloudflare's Workers: the conformance
// suite over pairs of sockets in the object and with clients on Node, and the everyday cases.
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundle, bundleWhole, install, out } from './bundles.mjs'
import { cases, judged, withServer } from './cases.mjs'

export const wants = ['workerd']

const capabilities = {
  name: 'web-socket',
  // workerd before November 2026 always reports 0 waiting bytes.
  backpressure: false,
  pause: false,
  closeCodes: true,
  detectsLoss: false,
}

/** Resolves with `true` when all tests pass. */
export async function test([workerd]) {
  if (workerd === undefined) return true
  await install('core', 'testing', 'node-ws', 'web-socket')
  const folder = 'packages/web-socket/test-runtimes'
  await bundleWhole(`${folder}/worker.ts`, join(out, 'worker.mjs'))
  copyFileSync(`${folder}/workerd.capnp`, join(out, 'workerd.capnp'))
  const fromNode = await bundle('test-support/from-node.ts', join(out, 'from-node.mjs'))
  // With --control-fd=1 workerd prints its port to the standard output.
  const server = { command: workerd.command, args: ['serve', 'workerd.capnp', '--control-fd=1'], cwd: out }
  return await withServer(server, async (port) => {
    const within = await pairs(workerd, port)
    const acrossProcesses = await cases({
      title: `${workerd.title}, clients on Node`,
      command: process.execPath,
      args: [fromNode, String(port), 'web-socket', JSON.stringify(capabilities)],
      conformance: { 'web-socket, clients on Node': 'workerd' },
    })
    return within && acrossProcesses
  })
}

/** Runs the suite inside the object, which answers with the lines of its report. */
async function pairs({ title }, port) {
  const answer = await fetch(`http://127.0.0.1:${port}/suite`, { method: 'POST' })
  const ok = judged(await answer.text(), { 'web-socket, both ends of a WebSocketPair': 'workerd' })
  console.log(`${title}, pairs of sockets${ok ? '' : ': FAILED'}`)
  return ok
}
