// @chat/web-socket in a Durable Object of workerd, the runtime of Cloudflare's Workers: the conformance suite over pairs of sockets in it and with clients on Node, and
// what users see every day.
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundle, bundleWhole, install, out } from './bundles.mjs'
import { cases, judged, withServer } from './cases.mjs'

export const wants = ['workerd']

const capabilities = {
  name: 'web-socket',
  // It says that nothing waits, until November 2026.
  backpressure: false,
  pause: false,
  closeCodes: true,
  detectsLoss: false,
}

/** Answers whether all of it passes. */
export async function test([workerd]) {
  if (workerd === undefined) return true
  await install('core', 'testing', 'node-ws', 'web-socket')
  const folder = 'packages/web-socket/test-runtimes'
  await bundleWhole(`${folder}/worker.ts`, join(out, 'worker.mjs'))
  copyFileSync(`${folder}/workerd.capnp`, join(out, 'workerd.capnp'))
  const fromNode = await bundle('test-support/from-node.ts', join(out, 'from-node.mjs'))
  // It says where it listens on a descriptor of its own choice: 1 is what we read.
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

/** The object runs the suite by itself, and answers with its lines. */
async function pairs({ title }, port) {
  const answer = await fetch(`http://127.0.0.1:${port}/suite`, { method: 'POST' })
  const ok = judged(await answer.text(), { 'web-socket, both ends of a WebSocketPair': 'workerd' })
  console.log(`${title}, pairs of sockets${ok ? '' : ': FAILED'}`)
  return ok
}
