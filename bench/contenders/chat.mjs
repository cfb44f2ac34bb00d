import { createServer } from 'node:http'
import { inspect } from 'node:util'
import { listen } from './listen.mjs'

/** Imports a bundle of this repository's packages; see run/packages.mjs. */
export const importBuilt = (name) => import(`../.built/${name}.mjs`)

/**
 * Makes a hub with all promises, with the options of the settings, such as a backplane. Only limits
 * of a client are raised, because a single client sends all messages, and some join many rooms.
 */
export function createHub(Hub, settings) {
  const hub = new Hub({
    authenticate: ({ token }) => ({ id: token }),
    authorize: () => true,
    limits: { rate: 1e6, burst: 1e6, inflight: 1_000, rooms: 1_000 },
    ...settings,
  })
  hub.on('$error', (report) => process.stderr.write(`${inspect(report)}\n`))
  hub.handle('echo', (data) => data)
  return hub
}

/** Serves a hub over WebSockets. */
export async function serveChat(settings) {
  const { Hub, attach } = await importBuilt('hub')
  const hub = createHub(Hub, settings)
  const server = createServer()
  attach(hub, server, { path: '/chat' })
  return { port: await listen(server) }
}
