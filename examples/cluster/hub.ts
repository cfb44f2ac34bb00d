// One hub of the cluster: `node hub.ts NAME PORT REDIS_URL`.
import { createServer } from 'node:http'
import { Hub } from '@chat/core'
import { nodeHttpHandler } from '@chat/http/node'
import { attach } from '@chat/node-ws'
import { redisBackplane } from '@chat/redis'
import type { ClusterChat } from './contract.ts'
import { site } from './site.ts'

const [name = 'a', port = '3001', url = 'redis://127.0.0.1:6379'] = process.argv.slice(2)

const hub = new Hub<ClusterChat>({
  backplane: await redisBackplane({ url }),
  authenticate: ({ token }) => (token !== null && /^[\w-]{1,32}$/.test(token) ? { id: token } : null),
  authorize: ({ action, address }) => address.startsWith('#') && action !== 'who',
  limits: { rate: 200, burst: 400 },
})
hub.on('$error', ({ source, subject = '', error }) =>
  console.error(`hub ${name}: ${source} ${subject}: ${error}`),
)
hub.handle('node', () => name)
hub.handle('restart', () => process.send?.('restart') ?? false)

// The connection ids over HTTP start with the name, so the proxy sends each POST to the hub that has its stream.
const chat = nodeHttpHandler(hub, { path: '/chat', route: name, trustProxy: 1 })
const page = await site()
const server = createServer((request, response) => {
  if (!chat(request, response)) page(request, response)
}).listen(Number(port), '127.0.0.1', () => process.send?.('running'))
attach(hub, server, { path: '/chat', trustProxy: 1 })

const reports = setInterval(() => process.send?.({ clients: hub.sessions.length }), 500)

process.on('SIGTERM', async () => {
  clearInterval(reports)
  // Clients are told to come back, which the proxy leads to the other hub; operations under way are finished.
  await hub.close({ deadline: 3_000 })
  server.close(() => process.exit(0))
  server.closeAllConnections()
})
