import { bunHandler } from '@chat/bun'
import { Hub, isName } from '@chat/core'
import { httpHandler } from '@chat/http'
import { Hono } from 'hono'
import { getConnInfo, serveStatic, upgradeWebSocket, websocket } from 'hono/bun'

const hub = new Hub({
  // A demo: the token is the user's name. Your app verifies the token, and returns null for a bad one.
  authenticate: ({ token }) => (token !== null && isName(token) ? { id: token } : null),
  authorize: ({ action, address }) => address.startsWith('#') || action === 'send',
  presence: {},
})

const http = httpHandler(hub, { path: '/chat' }) // for networks that block WebSocket
const app = new Hono()
app.use('/chat', async (c, next) => {
  const { remote } = getConnInfo(c)
  return (await http.fetch(c.req.raw, { remoteAddress: remote.address })) ?? next()
})
// Hono's own WebSockets work as before.
app.get(
  '/echo',
  upgradeWebSocket(() => ({ onMessage: ({ data }, socket) => socket.send(String(data)) })),
)
app.use(serveStatic({ root: '../page/dist' }))

const chat = bunHandler(hub, { path: '/chat', fetch: app.fetch, websocket })
const server = Bun.serve({
  port: Number(process.env.PORT ?? 3000),
  hostname: '127.0.0.1',
  fetch: chat.fetch,
  websocket: chat.websocket,
})
console.log(server.url.origin)

process.once('SIGTERM', async () => {
  await hub.close({ deadline: 1_000 })
  await server.stop(true)
})
