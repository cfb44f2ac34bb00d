// Runs the conformance suite with both sides in one runtime: its own server, and its own fetch.
import type { TransportCapabilities } from '@chat/core/transport'
import { httpHandler } from '@chat/http'
import { dial } from '@chat/http/client'
import {
  RecordingHub,
  type StartOptions,
  type TransportBench,
  transportCases,
} from '@chat/testing/conformance'
import { FaultProxy } from '../../../test-support/fault-proxy.ts'
import { reportCases } from '../../../test-support/report-cases.ts'
import { runtime, serve } from './serve.ts'

const http: TransportCapabilities = {
  name: 'http',
  backpressure: true,
  pause: true,
  closeCodes: true,
  detectsLoss: false,
}

async function start(options: StartOptions): Promise<TransportBench> {
  const host = new RecordingHub(options)
  const chat = httpHandler(host, { path: '/chat' })
  const server = serve(
    async (request, remoteAddress) =>
      (await chat.fetch(request, { remoteAddress })) ?? new Response('', { status: 404 }),
  )
  const proxy = await FaultProxy.start(server.port)
  return {
    dial: dial(`http://127.0.0.1:${proxy.port}/chat`),
    nowhere: dial('http://127.0.0.1:1/chat'),
    accepted: () => host.next(),
    open: async () => host.open,
    cut: async () => proxy.reset(),
    async stop() {
      await proxy.close()
      await server.stop()
    },
  }
}

await reportCases(
  `http, both ends in ${runtime}`,
  transportCases({ name: 'http', capabilities: { client: http, server: http }, deadline: 60_000, start }),
  { only: process.argv[2] },
)
process.exit()
