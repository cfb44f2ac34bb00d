import type { RedisCluster } from '../../../../test-support/brokers/redis-cluster.ts'
import { FaultProxy } from '../../../../test-support/fault-proxy.ts'
import { slotOf } from '../../src/slot.ts'
import { linesOf, type Store } from './bench.ts'

/** A cluster, as the suites use it. */
export function clusterStore(cluster: RedisCluster | undefined, sharded: boolean): Store {
  if (cluster === undefined) throw new Error('unable to test: no server was started')
  return {
    async command(key, ...args) {
      return (await cluster.primaryOf(slotOf(key))).command(...args)
    },
    async everywhere(...args) {
      const answers = await Promise.all(cluster.nodes.map((node) => node.command(...args)))
      return answers.flatMap(linesOf)
    },
    async way() {
      const proxies = await Promise.all(cluster.nodes.map(({ port }) => FaultProxy.start(port)))
      const nodes = proxies.map(({ port }) => ({ host: '127.0.0.1', port }))
      const natMap = Object.fromEntries(
        cluster.nodes.map(({ port }, index) => [`127.0.0.1:${port}`, nodes[index]]),
      )
      return { options: { nodes, sharded, connection: { natMap } }, proxies }
    },
  }
}
