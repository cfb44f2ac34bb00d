import type { Server } from 'node:http'
import { Hub } from '@chat/core'
import { attach } from '@chat/node-ws'
import { serve } from '@hono/node-server'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'

const hub = new Hub({
  // A demo's: the token is the name. Yours verifies a token, and answers null for a bad one.
  authenticate: ({ token }) => (token !== null && /^[\w-]{1,32}$/.test(token) ? { id: token } : null),
  authorize: ({ action, address }) => address.startsWith('#') || action === 'send',
  presence: {},
})

const app = new Hono().use(serveStatic({ root: '../page/dist' }))
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
