import { bunHandler } from '@chat/bun'
import { Hub, isName } from '@chat/core'
import { httpHandler } from '@chat/http'
import { Elysia } from 'elysia'

const hub = new Hub({
  // A demo: the token is the user's name. Your app verifies the token, and returns null for a bad one.
  authenticate: ({ token }) => (token !== null && isName(token) ? { id: token } : null),
  authorize: ({ action, address }) => address.startsWith('#') || action === 'send',
  presence: {},
})

const page = (file: string) => () => Bun.file(`${import.meta.dir}/../page/dist/${file}`)
const chat = httpHandler(hub, { path: '/chat' }) // for networks that block WebSocket
const app = new Elysia().get('/', page('index.html'))
app.all(
  '/chat',
  async ({ request, server, status }) =>
    (await chat.fetch(request, { remoteAddress: server?.requestIP(request)?.address })) ?? status(404),
  { parse: 'none' },
)
for (const file of ['main.js', 'style.css', 'icon.svg']) app.get(`/${file}`, page(file))

const { fetch, websocket } = bunHandler(hub, { path: '/chat', fetch: app.fetch })
const server = Bun.serve({
  port: Number(process.env.PORT ?? 3000),
  hostname: '127.0.0.1',
  fetch,
  websocket,
})
console.log(server.url.origin)

process.once('SIGTERM', async () => {
  await hub.close({ deadline: 1_000 })
  await server.stop(true)
})
