import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Client } from '@chat/core'
import { dial } from '@chat/node-ws'
import { expect } from 'vitest'
import { WebSocketServer } from 'ws'
import { attack } from '../attack.ts'

const duration = 3_000

attack('a hub that says come back at once, to a page (SEC-12)', { quick: true }, async (scene) => {
  let dials = 0
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  server.on('connection', (socket) => {
    dials++
    socket.on('error', () => {})
    socket.once('message', () => {
      socket.send('["bye",4001,"come back",{"retryAfter":0}]')
      socket.close(4001)
    })
  })
  const { port } = server.address() as AddressInfo
  const client = new Client({ dial: dial(`http://127.0.0.1:${port}/`), token: 'page' })
  scene.onEnd(() => {
    client.close()
    server.close()
  })
  await scene.goesOn(duration)
  scene.note({ dials, 'in ms': duration })
  expect(dials, 'connections of the client').toBeLessThan(15)
})
