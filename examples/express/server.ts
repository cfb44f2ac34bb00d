// server.ts
import { randomInt } from 'node:crypto'
import { Hub, isName } from '@chat/core'
import { nodeHttpHandler } from '@chat/http/node'
import { attach } from '@chat/node-ws'
import { sqliteBackplane } from '@chat/sqlite'
import express from 'express'
import Database from 'libsql'
import type { Chat } from './contract.ts'

const { PORT = '3000', HOST = '127.0.0.1', DATA = 'chat.db' } = process.env

export const hub = new Hub<Chat>({
  backplane: sqliteBackplane(new Database(DATA)), // messages and sessions survive a restart
  authenticate: ({ token }) => (token !== null && isName(token) ? { id: token } : null), // verify a real token here
  authorize: ({ action, address }) => address.startsWith('#') || action === 'send', // without it, nothing is allowed
  presence: {}, // every room has a list of its users
})
hub.handle('roll', async ({ sides }, { user }) => {
  const rolled = randomInt(1, sides + 1) // throws for a die without sides
  await hub.to('#lobby').send('say', { text: `${user.id} rolls ${rolled}` })
  return rolled
})
hub.on('$error', ({ source, error }) => console.error(source, error))

export const app = express()
app.use(nodeHttpHandler(hub, { path: '/chat' })) // for networks that block WebSocket
export const server = app.listen(Number(PORT), HOST)
attach(hub, server, { path: '/chat' })
