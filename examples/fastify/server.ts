import { fileURLToPath } from 'node:url'
import { Hub, isName } from '@chat/core'
import { nodeHttpHandler } from '@chat/http/node'
import { attach } from '@chat/node-ws'
import files from '@fastify/static'
import Fastify from 'fastify'

const hub = new Hub({
  // A demo: the token is the user's name. Your app verifies the token, and returns null for a bad one.
  authenticate: ({ token }) => (token !== null && isName(token) ? { id: token } : null),
  authorize: ({ action, address }) => address.startsWith('#') || action === 'send',
  presence: {},
})

const http = nodeHttpHandler(hub, { path: '/chat' }) // for networks that block WebSocket
const app = Fastify({ forceCloseConnections: true })
app.addHook('onRequest', (request, reply, done) =>
  http(request.raw, reply.raw) ? void reply.hijack() : done(),
)
app.register(files, { root: fileURLToPath(new URL('../page/dist', import.meta.url)) })
app.addHook('preClose', () => hub.close({ deadline: 1_000 })) // before the server waits for its connections
attach(hub, app.server, { path: '/chat' }) // `app.server` exists before `listen`

console.log(await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' }))

process.once('SIGTERM', () => void app.close())
