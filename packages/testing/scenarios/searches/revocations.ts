import type { Client, RoomAddress } from '@chat/core'
import type { World } from '@chat/testing'
import { Cluster } from '../cluster/cluster.ts'
import type { Search } from '../search.ts'
import { network } from './delivery.ts'

/** Users that may not connect, and those that may not be in a room. */
interface Policy {
  readonly expelled: Set<string>
  readonly banned: Set<string>
  /** Time at which each user was kicked. */
  readonly kicked: Map<string, number>
}
const policies = new WeakMap<Cluster, Policy>()
/** Milliseconds between two attempts of a removed client to come back. */
const retryDelay = 1_500
/** Maximum milliseconds of the policy. */
const slowest = 400

/** Starts a cluster whose policy decides at once and answers late; removed clients try again and again. */
async function guarded(w: World, nodes: number): Promise<Cluster> {
  const policy: Policy = { expelled: new Set(), banned: new Set(), kicked: new Map() }
  const { timer } = w.runtime('policy')
  const later = <T>(verdict: T): Promise<T> =>
    new Promise((resolve) => {
      timer(Math.floor(w.random() * slowest), () => resolve(verdict))
    })
  const cluster = await Cluster.start(w, {
    nodes,
    hub: {
      authenticate: ({ token }) => later(policy.expelled.has(token ?? '') ? null : { id: token ?? '' }),
      authorize: ({ user, address }) => later(!policy.banned.has(`${user.id} ${address}`)),
    },
  })
  policies.set(cluster, policy)
  // Between hubs a hint may get lost, and then the revocation takes longer.
  if (nodes === 1) w.invariant('SEC-25', () => kickedUserStill(cluster, policy) ?? true)
  for (const client of cluster.clients) settle(cluster, client)
  return cluster
}

/** Returns a violation when a kicked user is still connected. */
function kickedUserStill({ w, running }: Cluster, { kicked }: Policy): string | null {
  const left = running
    .flatMap(({ sessions }) => sessions)
    .find(({ user }) => w.now - (kicked.get(user.id) ?? w.now) > slowest)
  return left === undefined ? null : `${left.user.id} is still there, and was kicked`
}

/** Keeps a client in every room that it may join; another client replaces it when it is closed for good. */
function settle(cluster: Cluster, client: Client): void {
  const { w, clients, rooms } = cluster
  const { timer } = w.runtime('people')
  const stay = (room: RoomAddress): void => {
    if (client.status === 'closed') return
    client.join(room).on('$leave', () => timer(retryDelay, () => stay(room)))
  }
  const comeBack = async (): Promise<void> => {
    const name = client.user ?? ''
    try {
      const next = await w.client(cluster.hubs, name)
      clients[clients.indexOf(client)] = next
      settle(cluster, next)
    } catch {
      // Still expelled.
      timer(retryDelay, () => void comeBack())
    }
  }
  for (const room of rooms) stay(room)
  client.on('$status', ({ status, error }) => {
    if (status === 'closed' && error !== undefined) timer(retryDelay, () => void comeBack())
  })
}

/** Revokes the access of a user or session at any moment, and restores it after a while. */
function revoke(cluster: Cluster): void {
  const { w } = cluster
  const policy = policies.get(cluster)
  const hub = cluster.draw(cluster.running)
  const client = cluster.draw(cluster.clients)
  const room = cluster.draw(cluster.rooms)
  const name = client.user ?? ''
  const who = w.random() < 0.5 || client.session === null ? `@${name}` : `~${client.session}`
  const pardoned = w.runtime('law').timer
  const ban = `${name} ${room}`
  const kind = cluster.draw(['remove', 'reauthorize', 'kick'])
  policy?.[kind === 'kick' ? 'expelled' : 'banned'].add(kind === 'kick' ? name : ban)
  if (kind === 'kick' && who === `@${name}` && !policy?.kicked.has(name)) policy?.kicked.set(name, w.now)
  w.sometimes(kind)
  const done =
    kind === 'remove'
      ? hub.to(room).remove(who)
      : kind === 'reauthorize'
        ? hub.reauthorize(who)
        : hub.kick(who)
  done.catch(() => {})
  pardoned(2_500 + Math.floor(w.random() * 4_000), () => {
    policy?.expelled.delete(name)
    policy?.kicked.delete(name)
    policy?.banned.delete(ban)
  })
}

async function talkAndRevoke(cluster: Cluster): Promise<void> {
  const { w, clients, rooms } = cluster
  for (let step = 0; step < 80; step++) {
    if (w.random() < 0.2) revoke(cluster)
    cluster.sendMessage(cluster.draw(clients), cluster.draw([...rooms, '*', '@alice', '@bob']))
    // Reconnects, so that operations are often under way.
    if (w.random() < 0.1) w.link(cluster.draw(clients)).reset()
    await w.advance(Math.floor(w.random() * 1_500))
  }
}

/** Searches of revocations, at any moment, at any hub (I12, S-28, SEC-25). */
export const revocations: readonly Search[] = [
  {
    name: 'revocations',
    setup: (w) => guarded(w, 2),
    workload: talkAndRevoke,
    options: { faults: [...network, 'crash', 'drain', 'answers', 'hints'] },
    situations: ['remove', 'reauthorize', 'kick', 'close 4513', 'a stream is refused'],
  },
  {
    name: 'revocations at one hub',
    setup: (w) => guarded(w, 1),
    workload: talkAndRevoke,
    options: { faults: [...network, 'pause'], backplaneLatency: 0 },
    situations: ['remove', 'reauthorize', 'kick', 'close 4513', 'a stream is refused'],
  },
]
