import type { Server } from 'node:http'
import { Hub, isName } from '@chat/core'
import { nodeHttpHandler } from '@chat/http/node'
import { attach } from '@chat/node-ws'
import { type HttpBindings, serve } from '@hono/node-server'
import { serveStatic } from '@hono/node-server/serve-static'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono } from 'hono'

const hub = new Hub({
  // A demo: the token is the user's name. Your app verifies the token, and returns null for a bad one.
  authenticate: ({ token }) => (token !== null && isName(token) ? { id: token } : null),
  authorize: ({ action, address }) => address.startsWith('#') || action === 'send',
  presence: {},
})

const chat = nodeHttpHandler(hub, { path: '/chat' }) // for networks that block WebSocket
const app = new Hono<{ Bindings: HttpBindings }>()
app.use(async ({ env }, next) => (chat(env.incoming, env.outgoing) ? RESPONSE_ALREADY_SENT : next()))
app.use(serveStatic({ root: '../page/dist' }))
const where = { port: Number(process.env.PORT ?? 3000), hostname: '127.0.0.1' }
const server = serve({ fetch: app.fetch, ...where }, ({ port }) =>
  console.log(`http://${where.hostname}:${port}`),
) as Server
attach(hub, server, { path: '/chat' })

process.once('SIGTERM', async () => {
  await hub.close({ deadline: 1_000 })
  server.close()
  server.closeAllConnections()
})
