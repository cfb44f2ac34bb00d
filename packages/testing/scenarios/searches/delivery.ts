import { allFaults, type FaultKind } from '@chat/testing'
import { Cluster } from '../cluster/cluster.ts'
import type { Search } from '../search.ts'

/** Faults between a client and its hubs. */
export const network: readonly FaultKind[] = ['stall', 'reset', 'cut', 'refuse', 'slow', 'sleep']

/** All clients send now and then, alone and in bursts, for about a minute and a half. */
export async function talk(cluster: Cluster): Promise<void> {
  const { w, clients, rooms } = cluster
  for (let step = 0; step < 60; step++) {
    const client = cluster.draw(clients)
    const address = cluster.draw([...rooms, '*', '@alice', '@bob'])
    for (let burst = w.random() < 0.2 ? 5 : 1; burst > 0; burst--) cluster.sendMessage(client, address)
    await w.advance(Math.floor(w.random() * 3_000))
  }
}

/** Checks that without faults no client joins twice, repeats a send, or is uncertain of a send (I10). */
function nothingIsNeedless(cluster: Cluster): void {
  const { w, monitor, clients, rooms, sent } = cluster
  w.invariant('I10', () => {
    if (monitor.joins !== clients.length * rooms.length)
      return `${monitor.joins} joins, some of them needless`
    if (monitor.repeated > 0) return `${monitor.repeated} sends were repeated`
    return sent.every(({ outcome }) => outcome === 'stored') || 'a send was not stored'
  })
}

/** Searches of delivery, from no faults to all faults at once. */
export const delivery: readonly Search[] = [
  {
    name: 'calm',
    setup: (w) => Cluster.start(w),
    workload: talk,
    options: { faults: [] },
    check: nothingIsNeedless,
    situations: [],
  },
  {
    name: 'one hub, synchronous',
    setup: (w) => Cluster.start(w, { nodes: 1 }),
    workload: talk,
    options: { faults: [...network, 'crash', 'pause', 'trim'], backplaneLatency: 0 },
    situations: [],
  },
  {
    name: 'two hubs',
    setup: (w) => Cluster.start(w),
    workload: talk,
    options: { faults: allFaults },
    situations: [],
  },
  {
    name: 'storm',
    setup: (w) => Cluster.start(w),
    workload: talk,
    options: { faults: allFaults, most: 25, within: 80_000 },
    situations: [
      'a late frame on an older connection',
      'a send is uncertain',
      'a session goes on at another hub',
      'a session goes on while its older connection lives',
      'a session is lost',
      'an answer is lost after the store',
      'close 4008',
      'close 4509',
      'gap: absent',
      'gap: diverged',
      'gap: epoch',
      'two hubs end one epoch',
    ],
  },
]
