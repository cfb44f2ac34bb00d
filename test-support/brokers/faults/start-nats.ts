import { onTestFinished } from 'vitest'
import { NatsServer } from '../nats-server.ts'
import type { StartedBroker } from './common.ts'

/** A NATS server that ends with the test. */
export interface StartedNats extends StartedBroker {
  readonly nats: NatsServer
}

/** Starts a NATS server, for streams in files or in memory. */
export async function startNats(storage: 'file' | 'memory' = 'file'): Promise<StartedNats> {
  const nats = await NatsServer.start()
  onTestFinished(() => nats.close())
  return {
    nats,
    port: nats.port,
    spec: (port) => ({
      kind: 'nats',
      options: { servers: `nats://127.0.0.1:${port}`, prefix: 'faults', storage },
    }),
  }
}
