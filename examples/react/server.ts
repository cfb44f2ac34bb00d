import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Hub } from '@chat/core'
import { nodeHttpHandler } from '@chat/http/node'
import { attach } from '@chat/node-ws'
import express from 'express'
import { authenticate, authRoutes } from './auth.ts'
import { options, setUp } from './hub.ts'
import { scripted } from './model.ts'

const { PORT = '3000', PACE = '60', NODE_ENV } = process.env
const path = '/chat'
const day = 24 * 3_600_000
const log = { retention: { count: 10_000, age: 30 * day } }
const hub = new Hub({ ...options, authenticate, log })
setUp(hub, scripted(Number(PACE)))

const app = express().use('/auth', authRoutes).use(nodeHttpHandler(hub, { path }))
const server = createServer(app)
attach(hub, server, { path })

let close = async (): Promise<void> => {}
if (NODE_ENV === 'production') app.use(express.static('dist'))
else {
  const { createServer: createVite } = await import('vite')
  const vite = await createVite({ server: { middlewareMode: true, hmr: { server } } })
  app.use(vite.middlewares)
  close = () => vite.close()
}

server.listen(Number(PORT), '127.0.0.1', () =>
  console.log(`Open http://127.0.0.1:${(server.address() as AddressInfo).port}`),
)

process.once('SIGTERM', async () => {
  await hub.close({ deadline: 1_000 })
  await close()
  server.close()
  server.closeAllConnections()
})
