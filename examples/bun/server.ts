import { type BunServer, bunHandler } from '@chat/bun'
import { Hub, isName } from '@chat/core'
import { httpHandler } from '@chat/http'

const hub = new Hub({
  // A demo: the token is the user's name. Your app verifies the token, and returns null for a bad one.
  authenticate: ({ token }) => (token !== null && isName(token) ? { id: token } : null),
  authorize: ({ action, address }) => address.startsWith('#') || action === 'send',
  presence: {},
})

const page = (file: string) => () => new Response(Bun.file(`${import.meta.dir}/../page/dist/${file}`))
// For networks that block WebSocket.
const http = httpHandler(hub, { path: '/chat' })
const overHttp = async (request: Request, server: BunServer) =>
  (await http.fetch(request, { remoteAddress: server.requestIP(request)?.address })) ??
  new Response('not found', { status: 404 })
const { fetch, websocket } = bunHandler(hub, { path: '/chat', fetch: overHttp })
const server = Bun.serve({
  port: Number(process.env.PORT ?? 3000),
  hostname: '127.0.0.1',
  routes: {
    '/': page('index.html'),
    '/main.js': page('main.js'),
    '/style.css': page('style.css'),
    '/icon.svg': page('icon.svg'),
  },
  fetch,
  websocket,
})
console.log(server.url.origin)

process.once('SIGTERM', async () => {
  await hub.close({ deadline: 1_000 })
  await server.stop(true)
})
