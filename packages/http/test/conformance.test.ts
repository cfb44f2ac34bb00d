import type { TransportCapabilities } from '@chat/core/transport'
import {
  defineTransportSuite,
  RecordingHub,
  type StartOptions,
  type TransportBench,
} from '@chat/testing/conformance'
import { sideBySide } from '../../../test-support/side-by-side.ts'
import { TestServer, unusedPort } from '../../../test-support/test-server.ts'
import { dial } from '../src/client/index.ts'
import { nodeHttpHandler } from '../src/node/index.ts'

const http: TransportCapabilities = {
  name: 'http',
  backpressure: true,
  pause: true,
  closeCodes: true,
  detectsLoss: false,
}

async function start(options: StartOptions): Promise<TransportBench> {
  const host = new RecordingHub(options)
  const chat = nodeHttpHandler(host, { path: '/chat' })
  const server = await TestServer.start((request, response) => void chat(request, response))
  return {
    dial: dial(server.url),
    nowhere: dial(`http://127.0.0.1:${await unusedPort()}/chat`),
    accepted: () => host.next(),
    open: async () => host.open,
    cut: async () => server.reset(),
    stop: () => server.stop(),
  }
}

defineTransportSuite(sideBySide, {
  name: 'http on node:http, dialled with fetch',
  capabilities: { client: http, server: http },
  deadline: 30_000,
  start,
})
