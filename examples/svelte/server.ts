import type { AddressInfo } from 'node:net'
import { nodeHttpHandler } from '@chat/http/node'
import { attach } from '@chat/node-ws'
import express from 'express'
import { hub, path } from './hub.ts'

const app = express().use(nodeHttpHandler(hub, { path }), express.static('dist'))
const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
)
attach(hub, server, { path })

process.once('SIGTERM', async () => {
  await hub.close({ deadline: 1_000 })
  server.close()
  server.closeAllConnections()
})
