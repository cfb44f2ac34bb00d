import { type Runtime, systemRuntime } from '@chat/core'
import { MemoryNetwork } from '@chat/core/memory'
import type { TransportCapabilities } from '@chat/core/transport'
import { describe, it } from 'vitest'
import {
  defineTransportSuite,
  RecordingHub,
  type StartOptions,
  type TransportBench,
} from '../../src/conformance/index.ts'
import { Random } from '../../src/time/random.ts'
import { VirtualTime } from '../../src/time/virtual-time.ts'

const memory: TransportCapabilities = {
  name: 'memory',
  backpressure: true,
  pause: true,
  closeCodes: true,
  detectsLoss: false,
}

async function start(
  options: StartOptions,
  runtime: Runtime,
  latency?: () => number,
): Promise<TransportBench> {
  const network = new MemoryNetwork(runtime, latency === undefined ? {} : { latency })
  const hub = new RecordingHub(options)
  const link = network.link()
  network.listen('hub', hub)
  return {
    dial: network.dialer('hub', { link }),
    nowhere: network.dialer('nobody', { link }),
    accepted: () => hub.next(),
    open: async () => hub.open,
    cut: async () => link.cut(),
    vanish: async (side) =>
      link.reset(side === 'server' ? { client: null, hub: 0 } : { client: 0, hub: null }),
    stop: async () => {},
  }
}

const common = { capabilities: { client: memory, server: memory } }

defineTransportSuite(
  // Each case has a server of its own, so they can wait side by side.
  { describe: describe.concurrent, it },
  {
    name: 'memory, real time',
    ...common,
    quiet: 20,
    // A thousand transmissions take a thousand timers, which fire late where much else runs.
    deadline: 30_000,
    start: (options) => start(options, systemRuntime),
  },
)

const time = new VirtualTime(7)
const latencies = new Random(7, 'latency')

defineTransportSuite(
  { describe, it },
  {
    name: 'memory, virtual time',
    ...common,
    settle: () => time.settle(),
    start: (options) =>
      start(options, time.runtime('network', { work: true }), () => latencies.between(1, 40)),
  },
)
