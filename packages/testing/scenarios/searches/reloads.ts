import type { Client } from '@chat/core'
import type { World } from '@chat/testing'
import { Cluster } from '../cluster/cluster.ts'
import { nothingIsRefused } from '../cluster/final-checks.ts'
import type { Search } from '../search.ts'

/** Rooms of a page, nearly as many as a user may join at once. */
const rooms = Array.from({ length: 90 }, (_, n) => `#room-${n}` as const)
/** Milliseconds within which reloaded pages must have joined all their rooms, also during a deploy. */
const comeback = 20_000

/** Sessions of the clients, each since its last reload. */
const registers = new WeakMap<Cluster, Map<Client, string | null>>()

async function start(w: World): Promise<Cluster> {
  const cluster = await Cluster.start(w, { users: ['reader', 'reader', 'reader', 'alice'], rooms })
  registers.set(cluster, new Map(cluster.clients.map((client) => [client, client.session])))
  return cluster
}

/**
 * Clients send now and then. Sometimes all pages of the reader are reloaded at once, as by a browser that
 * restarts.
 */
async function reload(cluster: Cluster): Promise<void> {
  const { w } = cluster
  const late: string[] = []
  w.invariant('P-LV-6', () => late[0] ?? true)
  for (let step = 0; step < 20; step++) {
    const pages = cluster.clients.filter(({ user }) => user === 'reader')
    if (step % 7 === 6 && pages.every((page) => isIdle(cluster, page))) {
      const began = w.now
      await Promise.all(pages.map((page) => reloadPage(cluster, page)))
      w.sometimes('a reload')
      if (w.now - began > comeback) late.push(`the pages have their rooms only after ${w.now - began} ms`)
    } else cluster.sendMessage(cluster.draw(cluster.clients), cluster.draw(rooms))
    await w.advance(Math.floor(w.random() * 2_500))
  }
}

async function reloadPage(cluster: Cluster, page: Client): Promise<void> {
  const fresh = await cluster.reloadClient(page)
  registers.get(cluster)?.set(fresh, fresh.session)
}

/** Tells whether all sends of a client have settled. */
const isIdle = ({ sent }: Cluster, client: Client): boolean =>
  sent.every((message) => message.client !== client || message.outcome !== null)

/** Checks that no send was refused, and that every client has kept its session. */
function readersAreKept(cluster: Cluster): void {
  const { w, clients } = cluster
  const sessions = registers.get(cluster)
  const lost = clients.find((client) => client.session !== sessions?.get(client))
  w.invariant('P-HS-6', () => lost === undefined || `a client of ${lost.user} has lost its session`)
  nothingIsRefused(cluster)
}

/** Searches of pages that are reloaded. */
export const reloads: readonly Search[] = [
  {
    name: 'reloads with ninety rooms',
    setup: start,
    workload: reload,
    check: readersAreKept,
    options: { faults: ['drain'], most: 4 },
    situations: ['a reload', 'a session goes on at another hub'],
  },
]
