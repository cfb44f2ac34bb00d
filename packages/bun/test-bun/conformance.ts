// Runs the conformance suite with both sides in Bun: its server, and its global WebSocket through the
// browser's dialer.
import { dial } from '@chat/browser'
import { bunHandler } from '@chat/bun'
import type { TransportCapabilities } from '@chat/core/transport'
import {
  RecordingHub,
  type StartOptions,
  type TransportBench,
  transportCases,
} from '@chat/testing/conformance'
import { FaultProxy } from '../../../test-support/fault-proxy.ts'
import { reportCases } from '../../../test-support/report-cases.ts'
import { serve } from './support/bun.ts'

const bun: TransportCapabilities = {
  name: 'bun',
  backpressure: true,
  pause: true,
  closeCodes: true,
  detectsLoss: false,
}
const browser: TransportCapabilities = { ...bun, name: 'browser', backpressure: false, pause: false }

async function start(options: StartOptions): Promise<TransportBench> {
  const host = new RecordingHub(options)
  const { fetch, websocket } = bunHandler(host, { path: '/chat' })
  const server = serve({ port: 0, hostname: '127.0.0.1', fetch, websocket })
  const proxy = await FaultProxy.start(server.port)
  return {
    dial: dial(`ws://127.0.0.1:${proxy.port}/chat`, { transport: 'websocket' }),
    nowhere: dial('ws://127.0.0.1:1/chat', { transport: 'websocket' }),
    accepted: () => host.next(),
    open: async () => host.open,
    cut: async () => proxy.reset(),
    async stop() {
      await proxy.close()
      await server.stop(true)
    },
  }
}

await reportCases(
  'bun, clients in Bun',
  transportCases({ name: 'bun', capabilities: { client: browser, server: bun }, start }),
  { only: process.argv[2] },
)
process.exit()
