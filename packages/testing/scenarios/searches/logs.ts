import { allFaults } from '@chat/testing'
import { Cluster } from '../cluster/cluster.ts'
import type { Search } from '../search.ts'
import { network, talk } from './delivery.ts'

/** Many clients send at once, so that sends are always under way. */
async function chatter(cluster: Cluster): Promise<void> {
  for (let step = 0; step < 90; step++) {
    for (let voices = 1 + cluster.w.random() * 3; voices >= 1; voices--)
      cluster.sendMessage(cluster.draw(cluster.clients), cluster.draw(['#lobby', '#lobby', '*']))
    await cluster.w.advance(Math.floor(cluster.w.random() * 200))
  }
}

/** Number of times that the application of the hubs received each message. */
const told = new WeakMap<Cluster, Map<number, number>>()

async function listened(w: Parameters<Search['setup']>[0]): Promise<Cluster> {
  const heard = new Map<number, number>()
  const cluster = await Cluster.start(w, {
    started: (hub) => {
      hub.on('say', (data) => {
        const { n } = data as { n: number }
        heard.set(n, (heard.get(n) ?? 0) + 1)
      })
    },
  })
  told.set(cluster, heard)
  return cluster
}

/** Checks that the application receives a stored message once, also when its answer was lost. */
function toldOnce(cluster: Cluster): void {
  const times = (n: number): number => told.get(cluster)?.get(n) ?? 0
  const wrong = cluster.sent.find(
    ({ n, outcome }) => times(n) > 1 || (outcome === 'stored' && times(n) === 0),
  )
  cluster.w.invariant(
    'told once',
    () => wrong === undefined || `the application received ${wrong.n} ${times(wrong.n)} times`,
  )
}

/** Searches of logs and of the connections to them. */
export const logs: readonly Search[] = [
  {
    name: 'rollbacks',
    setup: (w) =>
      Cluster.start(w, { users: ['alice', 'bob', 'alice', 'bob', 'alice', 'bob'], rooms: ['#lobby'] }),
    workload: chatter,
    options: {
      faults: ['rollback', 'rollback', 'rollback', 'outage', 'answers', 'reset'],
      most: 5,
      within: 8_000,
      backplaneLatency: [0, 60],
    },
    situations: ['gap: diverged', 'two hubs end one epoch', 'an answer is lost after the store'],
  },
  {
    name: 'wipes',
    setup: (w) => Cluster.start(w),
    workload: talk,
    options: { faults: [...allFaults.filter((kind) => kind !== 'rollback'), 'wipe', 'wipe'] },
    situations: ['gap: epoch', 'gap: absent', 'a session is lost'],
  },
  {
    name: 'lost hints',
    setup: (w) => Cluster.start(w),
    workload: talk,
    options: { faults: ['hints', 'hints', 'reset', 'reset', 'drain'], most: 16 },
    situations: ['a replay', 'a session goes on at another hub'],
  },
  {
    name: 'lost answers',
    setup: listened,
    workload: talk,
    check: toldOnce,
    options: { faults: [...network, 'answers', 'answers', 'outage', 'hints'] },
    situations: ['a replay', 'close 4009'],
  },
]
