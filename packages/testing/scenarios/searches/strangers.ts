import type { Hub } from '@chat/core'
import type { World } from '@chat/testing'
import { Cluster } from '../cluster/cluster.ts'
import { nothingIsRefused } from '../cluster/final-checks.ts'
import { Intruder } from '../intruders/intruder.ts'
import type { Search } from '../search.ts'

/** Number of sessions that the store remembers. */
const sessions = 30
/** Strangers in a crowd: more than the store remembers. */
const crowd = 40
/**
 * Strangers who write a frame, besides those of crowds: together with the honest clients fewer than the store
 * remembers.
 */
const mostUsed = 12

/** The honest clients' sessions at the start, and the times at which a hub has lost them. */
interface Register {
  readonly sessions: readonly (string | null)[]
  readonly lost: Map<string, number>
  /** Sessions that were not connected while a crowd was there: their records may be forgotten. */
  readonly exempt: Set<string | null>
}
const registers = new WeakMap<Cluster, Register>()

async function start(w: World): Promise<Cluster> {
  const lost = new Map<string, number>()
  const cluster = await Cluster.start(w, {
    started: (hub) => hub.on('$disconnect', ({ session }) => lost.set(session.id, w.now)),
  })
  registers.set(cluster, {
    sessions: cluster.clients.map(({ session }) => session),
    lost,
    exempt: new Set(),
  })
  return cluster
}

/** Strangers come and go, alone and in crowds, while honest clients send. */
async function besideStrangers(cluster: Cluster): Promise<void> {
  const { w } = cluster
  let strangers = 0
  let used = 0
  const enter = (hub: Hub): Intruder => Intruder.enter(hub, { user: `stranger ${++strangers}` })
  for (let step = 0; step < 40; step++) {
    const hub = cluster.draw(cluster.running)
    if (step % 6 === 5 && absent(cluster).length === 0) await crowdComes(cluster, () => enter(hub))
    const wave = Array.from({ length: 1 + Math.floor(w.random() * 8) }, () => enter(hub))
    cluster.sendMessage(cluster.draw(cluster.clients), cluster.draw(cluster.rooms))
    await w.advance(w.random() < 0.3 ? 1 : 100)
    for (const stranger of wave) {
      if (stranger.welcomed && w.random() < 0.1 && used++ < mostUsed) stranger.write([['pong']])
      stranger.leave()
    }
    await w.advance(Math.floor(w.random() * 5_000))
  }
  if (strangers > 2 * sessions) w.sometimes('strangers fill the store')
}

/** A crowd comes in which each client writes a frame, while all honest clients are connected. */
async function crowdComes(cluster: Cluster, enter: () => Intruder): Promise<void> {
  const { w } = cluster
  const { lost, exempt } = registers.get(cluster) ?? {}
  const began = w.now
  const all = Array.from({ length: crowd }, enter)
  await w.advance(100)
  for (const stranger of all) {
    if (stranger.welcomed) stranger.write([['pong']])
    stranger.leave()
  }
  await w.advance(100)
  for (const session of absent(cluster)) exempt?.add(session)
  for (const [session, at] of lost ?? []) if (at >= began) exempt?.add(session)
  w.sometimes('a crowd of used sessions')
}

/** Returns the sessions of the honest clients that no hub has. */
function absent({ running, clients }: Cluster): (string | null)[] {
  const here = new Set(running.flatMap(({ sessions: connected }) => connected.map(({ id }) => id)))
  return clients.flatMap(({ session }) => (session !== null && here.has(session) ? [] : [session]))
}

/** Checks that every honest client has kept its session. */
function sessionsAreKept(cluster: Cluster): void {
  const { w, clients } = cluster
  const { sessions: before = [], exempt } = registers.get(cluster) ?? {}
  const lost = clients.findIndex(
    ({ session }, place) => session !== before[place] && exempt?.has(before[place] ?? null) === false,
  )
  w.invariant('P-HS-6', () => lost < 0 || `client ${lost} of ${clients[lost]?.user} has lost its session`)
  nothingIsRefused(cluster)
}

/** Searches of strangers who come and go. */
export const strangers: readonly Search[] = [
  {
    name: 'strangers who come and go',
    setup: start,
    workload: besideStrangers,
    check: sessionsAreKept,
    options: {
      faults: ['drain', 'drain', 'reset', 'reset', 'cut', 'refuse', 'sleep'],
      most: 10,
      within: 90_000,
      log: { sessions },
    },
    situations: ['strangers fill the store', 'a crowd of used sessions', 'a session goes on at another hub'],
  },
]
