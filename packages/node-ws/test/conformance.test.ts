import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { Hub } from '@chat/core'
import type { TransportCapabilities, TransportHub } from '@chat/core/transport'
import {
  defineTransportSuite,
  RecordingHost,
  type StartOptions,
  type TransportBench,
} from '@chat/testing/conformance'
import { describe, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { attach, dial, upgradeHandler } from '../src/index.ts'

const nodeWs: TransportCapabilities = {
  name: 'node-ws',
  backpressure: true,
  pause: true,
  closeCodes: true,
  detectsLoss: false,
}
const capabilities = { client: nodeWs, server: nodeWs }

/** A host for the server's ends, with a hub's limits. */
class Host extends RecordingHost implements TransportHub {
  readonly closing = false
  readonly limits = new Hub().limits
}

type Listen = (server: Server, host: Host) => void

const attached: Listen = (server, host) => {
  attach(host, server, { path: '/chat' })
}

/** As Fastify, NestJS and others do it: they upgrade, the hub gets the open socket. */
const handedOver: Listen = (server, host) => {
  const chat = upgradeHandler(host, { path: '/chat' })
  const { subprotocols } = host
  const sockets = new WebSocketServer({
    server,
    path: '/chat',
    maxPayload: host.limits.transmission,
    handleProtocols: (offered) => [...offered].find((name) => subprotocols.includes(name)) ?? false,
  })
  sockets.on('connection', (socket, request) => chat.accept(socket, request))
}

async function start(options: StartOptions, listen: Listen): Promise<TransportBench> {
  const server = createServer()
  const host = new Host(options)
  listen(server, host)
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    dial: dial(`ws://127.0.0.1:${port}/chat`),
    nowhere: dial(`ws://127.0.0.1:${await unusedPort()}/chat`),
    accepted: () => host.next(),
    open: async () => host.open,
    async cut() {
      for (const socket of sockets) reset(socket)
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A socket that is ending can no longer be reset: Node would then never report it as closed. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}

/** Nobody listens there any more. */
async function unusedPort(): Promise<number> {
  const server = createTcpServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

// Each case has a server of its own, so they can wait side by side.
const runner = { describe: describe.concurrent, it }

defineTransportSuite(runner, {
  name: 'node-ws, attached',
  capabilities,
  start: (options) => start(options, attached),
})

defineTransportSuite(runner, {
  name: 'node-ws, handed over by a host',
  capabilities,
  start: (options) => start(options, handedOver),
})
