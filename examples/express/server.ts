import type { Server } from 'node:http'
import { Hub } from '@chat/core'
import { nodeHttpHandler } from '@chat/http/node'
import { attach } from '@chat/node-ws'
import express from 'express'
import type { Chat } from './contract.ts'
import { backplane, keptMessages } from './database.ts'
import { host, listening, log, port } from './listen.ts'
import { site } from './site.ts'

const hub = new Hub<Chat>({
  // A demo: the token, or `?user=`, is the user's name. Your app verifies the token, and returns null for a bad one.
  authenticate: ({ token, query }) => {
    const name = token ?? query['user'] ?? ''
    return /^[A-Za-z0-9-]{1,32}$/.test(name) ? { id: name } : null
  },
  // Every user may use every room. To everyone and to a single user, only sending is allowed.
  authorize: ({ action, address }) =>
    address.startsWith('#') || (action === 'send' && (address === '*' || address.startsWith('@'))),
  presence: {}, // in every room
  backplane, // messages and sessions are in a file, so they survive a restart
})
hub.handle('kept', (room) => keptMessages(String(room)))
hub.on('$error', ({ source, subject = '', error }) => log(`${source} ${subject}: ${error}`))

const app = express()
  .disable('x-powered-by')
  // For networks that block WebSocket. Must come before middleware that reads bodies.
  .use(nodeHttpHandler(hub, { path: '/chat' }))
  .use(await site())
const server: Server = app.listen(port, host, (error) => listening(server, error))
attach(hub, server, { path: '/chat' })

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, async () => {
    await hub.close({ deadline: 1_000 })
    server.close(() => process.exit(0))
    server.closeAllConnections()
  })
