import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Hub, isName } from '@chat/core'
import { nodeHttpHandler } from '@chat/http/node'
import { attach } from '@chat/node-ws'
import Koa from 'koa'
import files from 'koa-static'

const hub = new Hub({
  // A demo: the token is the user's name. Your app verifies the token, and returns null for a bad one.
  authenticate: ({ token }) => (token !== null && isName(token) ? { id: token } : null),
  authorize: ({ action, address }) => address.startsWith('#') || action === 'send',
  presence: {},
})

const chat = nodeHttpHandler(hub, { path: '/chat' }) // for networks that block WebSocket
const app = new Koa()
app.use(async (ctx, next) => {
  if (chat(ctx.req, ctx.res)) ctx.respond = false
  else await next()
})
app.use(files(fileURLToPath(new URL('../page/dist', import.meta.url))))
const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
)
attach(hub, server, { path: '/chat' })

process.once('SIGTERM', async () => {
  await hub.close({ deadline: 1_000 })
  server.close()
  server.closeAllConnections()
})
