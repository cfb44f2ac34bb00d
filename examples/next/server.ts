import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Hub, isName } from '@chat/core'
import { nodeHttpHandler } from '@chat/http/node'
import { upgradeHandler } from '@chat/node-ws'
import next from 'next'

const hub = new Hub({
  // A demo: the token is the user's name. Your app verifies the token, and returns null for a bad one.
  authenticate: ({ token }) => (token !== null && isName(token) ? { id: token } : null),
  authorize: ({ action, address }) => address.startsWith('#') || action === 'send',
  presence: {},
})
Object.assign(globalThis, { chatHub: hub }) // for pages: Next.js bundles them, and they cannot import this module

const chat = upgradeHandler(hub, { path: '/chat' })
const http = nodeHttpHandler(hub, { path: '/chat' }) // for networks that block WebSocket

const server = createServer()
const dev = process.argv.includes('--dev')
const app = next({ dev, httpServer: server, hostname: '127.0.0.1' })
await app.prepare()
const handle = app.getRequestHandler()
server.on('request', (request, response) => http(request, response) || void handle(request, response))
// Next.js also listens to upgrades: in development it answers its own, in production it leaves all of them waiting.
server.on('upgrade', (request, socket, head) => {
  if (!chat.handleUpgrade(request, socket, head) && !dev) socket.end('HTTP/1.1 404 Not Found\r\n\r\n')
})
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
)

process.once('SIGTERM', async () => {
  await hub.close({ deadline: 1_000 })
  server.closeAllConnections()
  await app.close()
  process.exit()
})
