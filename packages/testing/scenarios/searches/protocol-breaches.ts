import { Cluster } from '../cluster/cluster.ts'
import type { Search } from '../search.ts'
import { talk } from './delivery.ts'

/** Searches with a hub that breaks the protocol. All breaches end before the last messages, which show the omitted messages. */
export const protocolBreaches: readonly Search[] = [
  {
    name: 'a hub leaves messages out',
    setup: (w) => Cluster.start(w),
    workload: async (cluster) => {
      await talk(cluster)
      await cluster.w.advance('20s')
      for (const client of cluster.clients)
        for (const address of [...cluster.rooms, '*', `@${client.user}`]) cluster.sendMessage(client, address)
      await cluster.w.advance('5s')
    },
    options: { faults: ['omission', 'omission', 'omission', 'reset'], within: 40_000 },
    situations: ['a hole is noticed'],
  },
  {
    name: 'a hub repeats messages',
    setup: (w) => Cluster.start(w),
    workload: talk,
    check: (cluster) => {
      const { monitor, clients, rooms } = cluster
      cluster.w.invariant(
        'I10',
        () =>
          monitor.joins === clients.length * rooms.length || `${monitor.joins} joins: some were not needed`,
      )
    },
    options: { faults: ['repetition'] },
    situations: [],
  },
]
