import { Cluster } from '../cluster/cluster.ts'
import { nothingIsRefused, refusedOnlyForOrder } from '../cluster/final-checks.ts'
import type { Search } from '../search.ts'
import { network } from './delivery.ts'

/** Maximum number of messages in a replay, where the limit is low. */
const replay = 30
/** Messages that may arrive between the read of the log and the attachment. */
const meanwhile = 10
const queue = 64 * 1024
/** Bytes of the queue, of the transport, and of a page of the log. */
const waiting = queue + 64 * 1024 + 256 * 1024

/** Two of four clients send in a room without a pause. */
async function rattle(cluster: Cluster, steps = 130, bytes = 0): Promise<void> {
  const [first, second] = cluster.clients
  for (let step = 0; step < steps; step++) {
    for (const client of [first, second])
      if (client !== undefined) cluster.sendMessage(client, '#lobby', bytes)
    await cluster.w.advance(Math.floor(cluster.w.random() * 400))
  }
}

/** Clients send more than a slow link carries. */
async function flood(cluster: Cluster): Promise<void> {
  const [first, second] = cluster.clients
  for (let step = 0; step < 60; step++) {
    if (first !== undefined) cluster.sendMessage(first, '#lobby', 8_000)
    if (second !== undefined) for (let i = 0; i < 2; i++) cluster.castMessage(second, '#lobby', 8_000)
    await cluster.w.advance(Math.floor(cluster.w.random() * 500))
  }
}

/** Clients send more at once than the limits allow. */
async function pushing(cluster: Cluster): Promise<void> {
  for (let step = 0; step < 40; step++) {
    const client = cluster.draw(cluster.clients)
    for (let burst = 1 + Math.floor(cluster.w.random() * 12); burst > 0; burst--)
      cluster.sendMessage(client, cluster.draw(cluster.rooms))
    await cluster.w.advance(Math.floor(cluster.w.random() * 4_000))
  }
}

/** Searches of limits. */
export const limits: readonly Search[] = [
  {
    name: 'late hubs',
    setup: (w) => Cluster.start(w, { rooms: ['#lobby'], hub: { limits: { inflight: 4 } } }),
    workload: (cluster) => rattle(cluster),
    options: { faults: ['pause', 'pause', 'reset', 'reset', 'answers'], most: 10, within: 20_000 },
    situations: ['a late frame on an older connection'],
  },
  {
    name: 'late hubs, shorter logs',
    setup: (w) => Cluster.start(w, { rooms: ['#lobby'] }),
    workload: (cluster) => rattle(cluster),
    options: {
      faults: ['pause', 'pause', 'reset', 'reset', 'rollback', 'rollback'],
      most: 14,
      within: 25_000,
      backplaneLatency: [0, 60],
    },
    situations: ['gap: diverged', 'a late frame on an older connection', 'two hubs end one epoch'],
  },
  {
    name: 'slow readers',
    setup: (w) => Cluster.start(w, { rooms: ['#lobby'], hub: { limits: { queue } }, bounds: { waiting } }),
    workload: flood,
    options: { faults: ['slow', 'slow', 'slow', 'trim', 'trim'], most: 6, within: 12_000, lasting: 2 },
    situations: ['a slow reader is served from the log'],
  },
  {
    name: 'far behind',
    setup: (w) =>
      Cluster.start(w, {
        rooms: ['#lobby'],
        hub: { limits: { replay } },
        bounds: { replay: replay + meanwhile },
      }),
    workload: (cluster) => rattle(cluster),
    options: {
      faults: ['cut', 'refuse', 'stall', 'reset', 'trim', 'trim', 'crash', 'hints'],
      most: 8,
      within: 20_000,
      backplaneLatency: [0, 100],
    },
    situations: ['gap: limit', 'gap: trimmed'],
  },
  {
    name: 'changing logs',
    setup: (w) => Cluster.start(w, { rooms: ['#lobby'] }),
    workload: (cluster) => rattle(cluster, 70, 3_000),
    options: {
      faults: ['forget', 'forget', 'rollback', 'trim', 'cut', 'cut', 'reset', 'drain'],
      most: 14,
      within: 14_000,
      backplaneLatency: [0, 200],
    },
    situations: ['a replay beside live traffic', 'gap: diverged', 'gap: epoch'],
  },
  {
    name: 'tight windows',
    setup: (w) =>
      Cluster.start(w, {
        users: ['alice', 'bob', 'carol', 'dave'],
        hub: { limits: { inflight: 4, rate: 5, burst: 10 } },
      }),
    workload: pushing,
    check: nothingIsRefused,
    options: { faults: network },
    situations: ['an answer is lost after the store'],
  },
  {
    name: 'many devices',
    setup: (w) =>
      Cluster.start(w, {
        users: ['alice', 'alice', 'alice', 'bob'],
        hub: { limits: { inflight: 4, rate: 5, burst: 10 } },
      }),
    workload: pushing,
    check: refusedOnlyForOrder,
    options: { faults: network },
    situations: ['an answer is lost after the store'],
  },
]
