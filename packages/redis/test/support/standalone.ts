import type { RedisServer } from '../../../../test-support/brokers/redis-server.ts'
import { FaultProxy } from '../../../../test-support/fault-proxy.ts'
import { linesOf, type Store } from './bench.ts'

/** A server alone, as the suites use it. */
export function standaloneStore(server: RedisServer | undefined): Store {
  if (server === undefined) throw new Error('unable to test: no server was started')
  return {
    command: (_key, ...args) => server.command(...args),
    everywhere: async (...args) => linesOf(await server.command(...args)),
    async way() {
      const proxy = await FaultProxy.start(server.port)
      return { options: { url: `redis://127.0.0.1:${proxy.port}` }, proxies: [proxy] }
    },
  }
}
