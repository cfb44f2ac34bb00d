import type { Client } from '@chat/core'
import type { World } from '@chat/testing'
import { Cluster } from '../cluster/cluster.ts'
import type { Search } from '../search.ts'
import { network } from './delivery.ts'

/** Who may not come in, and who may not be in which room. */
interface Law {
  readonly expelled: Set<string>
  readonly banned: Set<string>
  /** Who was kicked as a whole, since when. */
  readonly kicked: Map<string, number>
}
const laws = new WeakMap<Cluster, Law>()
/** How often those who were put out try to come back. */
const patience = 1_500
/** The longest that the policy thinks. */
const slowest = 400

/**
 * A cluster with a policy that decides at once and takes its time to say so; whoever is put out tries again
 * and again.
 */
async function guarded(w: World, nodes: number): Promise<Cluster> {
  const law: Law = { expelled: new Set(), banned: new Set(), kicked: new Map() }
  const { timer } = w.runtime('policy')
  const later = <T>(verdict: T): Promise<T> =>
    new Promise((resolve) => {
      timer(Math.floor(w.random() * slowest), () => resolve(verdict))
    })
  const cluster = await Cluster.start(w, {
    nodes,
    hub: {
      authenticate: ({ token }) => later(law.expelled.has(token ?? '') ? null : { id: token ?? '' }),
      authorize: ({ user, address }) => later(!law.banned.has(`${user.id} ${address}`)),
    },
  })
  laws.set(cluster, law)
  // Between hubs a word may get lost, and then it takes longer.
  if (nodes === 1) w.invariant('SEC-25', () => whoIsLeft(cluster, law) ?? true)
  for (const client of cluster.clients) settle(cluster, client)
  return cluster
}

/** Nobody who was kicked is there any more, whatever was under way. */
function whoIsLeft({ w, running }: Cluster, { kicked }: Law): string | null {
  const left = running
    .flatMap(({ sessions }) => sessions)
    .find(({ user }) => w.now - (kicked.get(user.id) ?? w.now) > slowest)
  return left === undefined ? null : `${left.user.id} is still there, and was kicked`
}

/** A client stays in every room that it is let into; when it is put out for good, another takes its place. */
function settle(cluster: Cluster, client: Client): void {
  const { w, clients, rooms } = cluster
  const { timer } = w.runtime('people')
  const stay = (room: string): void => {
    if (client.status === 'closed') return
    client.join(room).on('$leave', () => timer(patience, () => stay(room)))
  }
  const comeBack = async (): Promise<void> => {
    const name = client.user ?? ''
    try {
      const next = await w.client(cluster.hubs, name)
      clients[clients.indexOf(client)] = next
      settle(cluster, next)
    } catch {
      // Still expelled.
      timer(patience, () => void comeBack())
    }
  }
  for (const room of rooms) stay(room)
  client.on('$status', ({ status, error }) => {
    if (status === 'closed' && error !== undefined) timer(patience, () => void comeBack())
  })
}

/** Takes something from somebody, in the middle of whatever is under way, and gives it back after a while. */
function revoke(cluster: Cluster): void {
  const { w } = cluster
  const law = laws.get(cluster)
  const hub = cluster.draw(cluster.running)
  const client = cluster.draw(cluster.clients)
  const room = cluster.draw(cluster.rooms)
  const name = client.user ?? ''
  const who = w.random() < 0.5 || client.session === null ? `@${name}` : `~${client.session}`
  const pardoned = w.runtime('law').timer
  const ban = `${name} ${room}`
  const way = cluster.draw(['remove', 'recheck', 'kick'])
  law?.[way === 'kick' ? 'expelled' : 'banned'].add(way === 'kick' ? name : ban)
  if (way === 'kick' && who === `@${name}` && !law?.kicked.has(name)) law?.kicked.set(name, w.now)
  w.sometimes(way)
  const done =
    way === 'remove' ? hub.to(room).remove(who) : way === 'recheck' ? hub.reauthorize(who) : hub.kick(who)
  done.catch(() => {})
  pardoned(2_500 + Math.floor(w.random() * 4_000), () => {
    law?.expelled.delete(name)
    law?.kicked.delete(name)
    law?.banned.delete(ban)
  })
}

async function talkAndRevoke(cluster: Cluster): Promise<void> {
  const { w, clients, rooms } = cluster
  for (let step = 0; step < 80; step++) {
    if (w.random() < 0.2) revoke(cluster)
    cluster.sendMessage(cluster.draw(clients), cluster.draw([...rooms, '*', '@alice', '@bob']))
    // Somebody comes back, so that something is often under way.
    if (w.random() < 0.1) w.link(cluster.draw(clients)).reset()
    await w.advance(Math.floor(w.random() * 1_500))
  }
}

/** What an application takes back, at any moment, at any hub (I12, S-28, SEC-25). */
export const revocations: readonly Search[] = [
  {
    name: 'revocations',
    setup: (w) => guarded(w, 2),
    workload: talkAndRevoke,
    options: { faults: [...network, 'crash', 'drain', 'answers', 'hints'] },
    situations: ['remove', 'recheck', 'kick', 'close 4513', 'a stream is refused'],
  },
  {
    name: 'revocations at one hub',
    setup: (w) => guarded(w, 1),
    workload: talkAndRevoke,
    options: { faults: [...network, 'pause'], backplaneLatency: 0 },
    situations: ['remove', 'recheck', 'kick', 'close 4513', 'a stream is refused'],
  },
]
