import type { World } from '@chat/testing'
import { Cluster } from '../cluster/cluster.ts'
import type { Search } from '../search.ts'
import { network, talk } from './delivery.ts'

/** Starts a cluster whose policy answers after a random delay. */
async function slowPolicy(w: World): Promise<Cluster> {
  const { timer } = w.runtime('policy')
  return Cluster.start(w, {
    hub: {
      authorize: () =>
        new Promise((resolve) => {
          timer(Math.floor(w.random() * 400), () => resolve(true))
        }),
    },
  })
}

/** Bans of each cluster: the time of each, by user and room. */
const bans = new WeakMap<Cluster, Map<string, number>>()

async function banning(w: World): Promise<Cluster> {
  const banned = new Map<string, number>()
  let wrong: string | null = null
  const cluster = await Cluster.start(w, {
    hub: { authorize: ({ user, address }) => !banned.has(`${user.id} ${address}`) },
    started: (hub) => {
      hub.on('$connect', ({ session }) => {
        const room = session.rooms.find((address) => {
          const since = banned.get(`${session.user.id} ${address}`)
          return since !== undefined && w.now - since > 2_000
        })
        if (room !== undefined) wrong ??= `${session.user.id} comes back to ${room}, where it may not be`
      })
    },
  })
  w.invariant('I12', () => wrong === null || wrong)
  bans.set(cluster, banned)
  return cluster
}

async function talkAndBan(cluster: Cluster): Promise<void> {
  const at = 5 + Math.floor(cluster.w.random() * 20)
  for (let step = 0; step < 60; step++) {
    if (step === at) bans.get(cluster)?.set('carol #garden', cluster.w.now)
    cluster.sendMessage(cluster.draw(cluster.clients), cluster.draw(cluster.rooms))
    await cluster.w.advance(Math.floor(cluster.w.random() * 2_000))
  }
  // For the last messages all users may join again.
  bans.get(cluster)?.clear()
  for (const client of cluster.clients) client.join('#garden')
}

/** Searches of authorization policies. */
export const policies: readonly Search[] = [
  {
    name: 'slow policy',
    setup: slowPolicy,
    workload: talk,
    options: { faults: [...network, 'answers'] },
    situations: ['an answer is lost after the store'],
  },
  {
    name: 'bans',
    setup: banning,
    workload: talkAndBan,
    options: { faults: ['cut', 'reset', 'crash', 'drain'] },
    situations: ['a stream is refused'],
  },
]
