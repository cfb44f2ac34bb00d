import { type IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Hub } from '@chat/core'
import { nodeHttpHandler } from '@chat/http/node'
import { attach } from '@chat/node-ws'
import express, { type Request, type Response } from 'express'
import session from 'express-session'

const sessions = session({ secret: process.env.SECRET ?? 'a demo', resave: false, saveUninitialized: false })
const userOf = (request: object) => (request as { session?: { user?: { id: string } } }).session?.user ?? null
// The framework runs no middleware for an upgrade, so run the session middleware here.
const context = async (request: IncomingMessage) => {
  await new Promise((next) => sessions(request as Request, new ServerResponse(request) as Response, next))
  return userOf(request)
}
const hub = new Hub({
  authenticate: ({ extra }) => (extra as { context: ReturnType<typeof context> }).context,
  authorize: ({ action, address }) => address.startsWith('#') || action === 'send',
  presence: {},
})

const app = express().use(nodeHttpHandler(hub, { path: '/chat', context })) // for networks that block WebSocket
app.use(sessions).get('/login', (request, response) => {
  Object.assign(request.session, { user: { id: String(request.query.user) } }) // a demo: your app asks for a password
  response.redirect(`/?user=${encodeURIComponent(String(request.query.user))}`)
})
app.get('/', (request, response, next) =>
  userOf(request)?.id === (request.query.user ?? '') ? next() : response.redirect('/login.html'),
)
app.use(express.static(fileURLToPath(new URL('../page/dist', import.meta.url))))
const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
)
attach(hub, server, { path: '/chat', context })

process.once('SIGTERM', async () => {
  await hub.close({ deadline: 1_000 })
  server.close().closeAllConnections()
})
