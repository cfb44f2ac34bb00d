// Runs the Durable Object of a README in workerd: bundles it with the installed packages, and connects a
// client on Node.
import { join } from 'node:path'
import { build } from 'esbuild'
import { WebSocket } from 'ws'
import { start } from '../processes.mjs'
import { findRuntime } from '../runtimes/runtimes.mjs'

/** Runs the block with a class that has `fetch`. */
export async function objects({ title, code, user, report }) {
  const workerd = findRuntime('workerd')
  if (workerd === null)
    return report.skip(`${title}: its object runs`, 'workerd is not installed', process.env.CI !== undefined)
  const text = code.find((one) => one.includes('export class '))
  const [, name] = /export class (\w+)/.exec(text)
  user.write('object.ts', `${text}\n${worker}`)
  await build({
    entryPoints: [join(user.folder, 'object.ts')],
    outfile: join(user.folder, 'object.mjs'),
    bundle: true,
    format: 'esm',
    logLevel: 'error',
  })
  user.write('object.capnp', config(name))
  const args = ['serve', 'object.capnp', '--control-fd=1']
  const server = start(workerd.command, args, { cwd: user.folder })
  try {
    const port = /"port":(\d+)/.exec(await server.line(0))[1]
    const [type] = JSON.parse(await firstFrame(`ws://127.0.0.1:${port}/chat/one`))
    report.say(
      `${title}: its object welcomes a client`,
      type === 'welcome' ? '' : `the first frame is ${type}`,
    )
  } catch (error) {
    report.say(`${title}: its object runs`, `${error.message}\n${server.output()}`)
  } finally {
    await server.stop()
  }
}

function firstFrame(url) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url)
    const timer = setTimeout(() => socket.emit('error', new Error('no frame arrived within 20 s')), 20_000)
    socket.on('open', () => socket.send('["hello",{"v":[1,1],"token":"alice"}]'))
    socket.on('error', reject)
    socket.on('message', (frame) => {
      clearTimeout(timer)
      socket.close()
      resolve(String(frame))
    })
  })
}

const worker = `
export default { fetch: (request, { objects }) => objects.get(objects.idFromName('one')).fetch(request) }
`

const config = (name) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "object", esModule = embed "object.mjs")],
  compatibilityDate = "2026-06-01",
  durableObjectNamespaces = [(className = "${name}", uniqueKey = "object")],
  durableObjectStorage = (inMemory = void),
  bindings = [(name = "objects", durableObjectNamespace = "${name}")],
);
`
