import { type IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Hub } from '@chat/core'
import { nodeHttpHandler } from '@chat/http/node'
import { attach } from '@chat/node-ws'
import Koa from 'koa'
import session from 'koa-session'
import files from 'koa-static'

const app = new Koa({ keys: [process.env.SECRET ?? 'only for a demo'] })
const hub = new Hub({
  authenticate: ({ extra }) => (extra as { context?: { id: string } }).context ?? null,
  authorize: ({ action, address }) => address.startsWith('#') || action === 'send',
  presence: {},
})
// The framework runs no middleware for an upgrade, but koa-session can read the cookie of any request.
const context = (asked: IncomingMessage) => app.createContext(asked, new ServerResponse(asked)).session?.user
const chat = nodeHttpHandler(hub, { path: '/chat', context }) // for networks that block WebSocket
app.use(async (ctx, next) => {
  if (chat(ctx.req, ctx.res)) ctx.respond = false
  else await next()
})
app.use(session(app)).use((ctx, next) => {
  if (ctx.path === '/login' && ctx.session !== null) {
    ctx.session.user = { id: String(ctx.query.user) } // a demo: your app asks for a password
    ctx.redirect(`/?user=${encodeURIComponent(ctx.session.user.id)}`)
  } else if (ctx.path !== '/' || ctx.session?.user?.id === (ctx.query.user ?? '')) return next()
  else ctx.redirect('/login.html')
})
app.use(files(fileURLToPath(new URL('../page/dist', import.meta.url))))
const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
)
attach(hub, server, { path: '/chat', context })

process.once('SIGTERM', async () => {
  await hub.close({ deadline: 1_000 })
  server.close().closeAllConnections()
})
