// Runs the conformance suite with both sides in Deno: its server, and its global WebSocket through the
// browser's dialer.
import { dial } from '@chat/browser'
import type { TransportCapabilities } from '@chat/core/transport'
import {
  RecordingHub,
  type StartOptions,
  type TransportBench,
  transportCases,
} from '@chat/testing/conformance'
import { webSocketHandler } from '@chat/web-socket'
import { FaultProxy } from '../../../test-support/fault-proxy.ts'
import { reportCases } from '../../../test-support/report-cases.ts'
import { serve } from './deno.ts'

const browser: TransportCapabilities = {
  name: 'browser',
  backpressure: false,
  pause: false,
  closeCodes: true,
  detectsLoss: false,
}
const server: TransportCapabilities = { ...browser, name: 'web-socket', backpressure: true }

async function start(options: StartOptions): Promise<TransportBench> {
  const host = new RecordingHub(options)
  const chat = webSocketHandler(host, { path: '/chat' })
  const running = serve({ port: 0, hostname: '127.0.0.1', onListen() {} }, chat.fetch)
  const proxy = await FaultProxy.start(running.addr.port)
  return {
    dial: dial(`ws://127.0.0.1:${proxy.port}/chat`, { transport: 'websocket' }),
    nowhere: dial('ws://127.0.0.1:1/chat', { transport: 'websocket' }),
    accepted: () => host.next(),
    open: async () => host.open,
    cut: async () => proxy.reset(),
    async stop() {
      await proxy.close()
      await running.shutdown()
    },
  }
}

await reportCases(
  'web-socket, clients in Deno',
  transportCases({ name: 'web-socket', capabilities: { client: browser, server }, start }),
  { only: process.argv[2] },
)
process.exit()
