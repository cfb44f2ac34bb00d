import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Hub, isName } from '@chat/core'
import { nodeHttpHandler } from '@chat/http/node'
import { attach } from '@chat/node-ws'

const hub = new Hub({
  // A demo: the token is the user's name. Your app verifies the token, and returns null for a bad one.
  authenticate: ({ token }) => (token !== null && isName(token) ? { id: token } : null),
  authorize: ({ action, address }) => address.startsWith('#') || action === 'send',
  presence: {},
})

const page = new URL('../page/dist/', import.meta.url)
const types: Record<string, string> = {
  'index.html': 'text/html',
  'main.js': 'text/javascript',
  'style.css': 'text/css',
  'icon.svg': 'image/svg+xml',
}

const chat = nodeHttpHandler(hub, { path: '/chat' }) // for networks that block WebSocket
const server = createServer(async (request, response) => {
  if (chat(request, response)) return
  const { pathname } = new URL(request.url ?? '/', 'http://localhost')
  const file = pathname === '/' ? 'index.html' : pathname.slice(1)
  if (types[file] === undefined) return response.writeHead(404).end('not found')
  response.writeHead(200, { 'Content-Type': types[file] }).end(await readFile(new URL(file, page)))
})
attach(hub, server, { path: '/chat' })
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
)

process.once('SIGTERM', async () => {
  await hub.close({ deadline: 1_000 })
  server.close()
  server.closeAllConnections()
})
