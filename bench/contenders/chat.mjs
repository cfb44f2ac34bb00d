import { createServer } from 'node:http'
import { inspect } from 'node:util'
import { listen } from './listen.mjs'

/** Imports a bundle of this repository's packages; see run/packages.mjs. */
export const importBuilt = (name) => import(`../.built/${name}.mjs`)

/**
 * Serves a hub over a backplane, with all promises. Only the rate limits are raised, because a single client sends
 * all messages.
 */
export async function serveChat(backplane) {
  const { Hub, attach } = await importBuilt('hub')
  const hub = new Hub({
    authenticate: ({ token }) => ({ id: token }),
    authorize: () => true,
    limits: { rate: 1e6, burst: 1e6, inflight: 1_000 },
    backplane,
  })
  hub.on('$error', (report) => process.stderr.write(`${inspect(report)}\n`))
  const server = createServer()
  attach(hub, server, { path: '/chat' })
  return { port: await listen(server) }
}
