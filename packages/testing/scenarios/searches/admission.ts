import type { Client, Hub } from '@chat/core'
import type { World } from '@chat/testing'
import { Cluster } from '../cluster/cluster.ts'
import { nothingIsRefused } from '../cluster/final-checks.ts'
import { Intruder } from '../intruders/intruder.ts'
import type { Search } from '../search.ts'

/** Limits far above the honest clients, also when each of them has an older connection besides. */
const limits = { connections: 120, connectionsPerUser: 24, handshakes: 100 }
/** Screens of one account, and people, all of them behind one proxy. */
const users = [...Array.from({ length: 8 }, () => 'account'), ...'abcdefgh'].map((name) => `user ${name}`)
const proxy = '203.0.113.7'
/** Milliseconds within which a client has to be back after a deploy, or the reset of its connection. */
const comeback = 20_000

/** The honest clients' sessions at the start, and their refusals and absences since then. */
interface Register {
  readonly sessions: readonly (string | null)[]
  readonly faults: string[]
}
const registers = new WeakMap<Cluster, Register>()

async function start(w: World): Promise<Cluster> {
  const cluster = await Cluster.start(w, { users, rooms: ['#lobby'], hub: { limits }, remoteAddress: proxy })
  const faults: string[] = []
  for (const client of cluster.clients) watch(w, client, faults)
  registers.set(cluster, { sessions: cluster.clients.map(({ session }) => session), faults })
  return cluster
}

/** Notes that a client is refused for a limit, or comes back late. */
function watch(w: World, client: Client, faults: string[]): void {
  let since: number | null = null
  client.on('$status', ({ status, error }) => {
    if (error?.code === 'rate_limited') faults.push(`${client.user} is refused: ${error.message}`)
    if (status === 'connected' && since !== null && w.now - since > comeback)
      faults.push(`${client.user} is back after ${w.now - since} ms`)
    since = status === 'connected' ? null : (since ?? w.now)
  })
}

/** Several addresses in turn, and a single user, open as many connections as they can. */
async function besideCrowds(cluster: Cluster): Promise<void> {
  const { w } = cluster
  for (let step = 0; step < 8; step++) {
    const hub = cluster.draw(cluster.running)
    const crowd = step % 2 === 0 ? oneAddress(w, hub, step) : oneUser(hub, step)
    for (let sends = 0; sends < 4; sends++) {
      cluster.sendMessage(cluster.draw(cluster.clients), '#lobby')
      await w.advance(Math.floor(w.random() * 2_500))
    }
    checkShares(w, hub, crowd)
    for (const intruder of crowd) intruder.leave()
  }
}

/** Opens connections from one address, some of which never say hello. */
const oneAddress = (w: World, hub: Hub, step: number): Intruder[] =>
  Array.from({ length: limits.connections }, (_, n) =>
    Intruder.enter(hub, {
      user: `stranger ${n}`,
      remoteAddress: `198.51.100.${step}`,
      hello: w.random() < 0.7,
    }),
  )

/** Opens connections of one user, from many addresses. */
const oneUser = (hub: Hub, step: number): Intruder[] =>
  Array.from({ length: 2 * limits.connectionsPerUser }, (_, n) =>
    Intruder.enter(hub, { user: `crowd ${step}`, remoteAddress: `192.0.2.${n}` }),
  )

function checkShares(w: World, hub: Hub, crowd: readonly Intruder[]): void {
  const open = crowd.filter(({ state }) => state === 'open').length
  w.invariant(
    'SEC-12',
    () => open <= limits.connections / 2 || `${open} connections of a single address are open`,
  )
  const greatest = Math.max(0, ...countUsers(hub).values())
  w.invariant('SEC-12', () => greatest <= limits.connectionsPerUser || `a user has ${greatest} connections`)
}

function countUsers({ sessions }: Hub): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { user } of sessions) counts.set(user.id, (counts.get(user.id) ?? 0) + 1)
  return counts
}

/**
 * Checks that no honest client met a limit, that all came back within seconds, and that all kept their
 * sessions.
 */
function honestClientsAreAdmitted(cluster: Cluster): void {
  const { w, clients } = cluster
  const { sessions = [], faults = [] } = registers.get(cluster) ?? {}
  const lost = clients.findIndex(({ session }, place) => session !== sessions[place])
  w.invariant('SEC-12', () => faults[0] ?? true)
  w.invariant('P-HS-6', () => lost < 0 || `client ${lost} of ${clients[lost]?.user} has lost its session`)
  nothingIsRefused(cluster)
}

/** Searches of honest clients behind one proxy, beside others who take as many connections as they can. */
export const admission: readonly Search[] = [
  {
    name: 'a crowd behind one proxy',
    setup: start,
    workload: besideCrowds,
    check: honestClientsAreAdmitted,
    options: { faults: ['drain', 'drain', 'drain', 'reset', 'reset'], most: 8, within: 40_000 },
    situations: ['close 4013', 'a session goes on at another hub'],
  },
]
