import { fileURLToPath } from 'node:url'
import { Hub, isName } from '@chat/core'
import { nodeHttpHandler } from '@chat/http/node'
import { upgradeHandler } from '@chat/node-ws'
import files from '@fastify/static'
import websocket from '@fastify/websocket'
import Fastify from 'fastify'

const hub = new Hub({
  // A demo: the token is the user's name. Your app verifies the token, and returns null for a bad one.
  authenticate: ({ token }) => (token !== null && isName(token) ? { id: token } : null),
  authorize: ({ action, address }) => address.startsWith('#') || action === 'send',
  presence: {},
})
const chat = upgradeHandler(hub)
const http = nodeHttpHandler(hub, { path: '/chat' }) // for networks that block WebSocket

const app = Fastify({ forceCloseConnections: true })
app.addHook('preClose', () => hub.close({ deadline: 1_000 })) // before the plugin's own hook, which ends the sockets
app.addHook('onRequest', (request, reply, done) =>
  http(request.raw, reply.raw) ? void reply.hijack() : done(),
)
app.register(files, { root: fileURLToPath(new URL('../page/dist', import.meta.url)) })
// This plugin takes every upgrade and answers 404 for unknown paths, so the hub gets its sockets from a route.
await app.register(websocket, { options: { maxPayload: hub.limits.transmission, maxFragments: 64 } })
app.get('/chat', { websocket: true }, (socket, request) => void chat.accept(socket, request.raw))
app.get('/echo', { websocket: true }, (socket) => void socket.on('message', (data) => socket.send(`${data}`)))

console.log(await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' }))

process.once('SIGTERM', () => void app.close())
