import type { Server } from 'node:http'
import type { TransportCapabilities } from '@chat/core/transport'
import {
  defineTransportSuite,
  RecordingHub,
  type StartOptions,
  type TransportBench,
} from '@chat/testing/conformance'
import { describe, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { TestServer, unusedPort } from '../../../test-support/test-server.ts'
import { attach, dial, upgradeHandler } from '../src/index.ts'

const nodeWs: TransportCapabilities = {
  name: 'node-ws',
  backpressure: true,
  pause: true,
  closeCodes: true,
  detectsLoss: false,
}
const capabilities = { client: nodeWs, server: nodeWs }

type Listen = (server: Server, host: RecordingHub) => void

const attached: Listen = (server, host) => {
  attach(host, server, { path: '/chat' })
}

/** As in Fastify and NestJS: the host upgrades, and the hub gets the open socket. */
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
  const started = await TestServer.start()
  const host = new RecordingHub(options)
  listen(started.server, host)
  return {
    dial: dial(`ws://127.0.0.1:${started.port}/chat`),
    nowhere: dial(`ws://127.0.0.1:${await unusedPort()}/chat`),
    accepted: () => host.next(),
    open: async () => host.open,
    cut: async () => started.reset(),
    stop: () => started.stop(),
  }
}

// Each case has a server of its own, so the cases can run side by side.
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
