import { type Client, type Presence, type RoomAddress, watchPresence } from '@chat/core'
import { allFaults, type World } from '@chat/testing'
import { Cluster } from '../cluster/cluster.ts'
import type { Search } from '../search.ts'
import { network } from './delivery.ts'

/** A client in a room, with the presence that it shows. */
interface Visit {
  readonly client: Client
  readonly room: ReturnType<Client['join']>
  readonly here: Presence<number>
  /** State that the client set last. */
  state: number
}

/** Visits of each cluster, by client and room. */
const visits = new WeakMap<Cluster, Map<Client, Map<string, Visit>>>()

/** Starts a cluster with presence in all rooms; every client watches it. */
async function startWithPresence(w: World, nodes: number, max = 200): Promise<Cluster> {
  const cluster = await Cluster.start(w, {
    nodes,
    rooms: [],
    hub: { presence: { max }, limits: { resumeRate: 100 } },
  })
  visits.set(cluster, new Map(cluster.clients.map((client) => [client, new Map()])))
  for (const client of cluster.clients) for (const room of rooms) enter(cluster, client, room)
  return cluster
}
const rooms = ['#lobby', '#garden'] as const

function enter(cluster: Cluster, client: Client, address: RoomAddress): void {
  const state = Math.floor(cluster.w.random() * 1_000)
  const room = client.join(address, { state })
  const own = visits.get(cluster)?.get(client)
  const guest = { client, room, here: watchPresence<number>(room), state }
  own?.set(address, guest)
  // A hub that cannot admit the client at the moment ends the join.
  room.on('$leave', () => own?.get(address) === guest && own.delete(address))
}

/** A client leaves a room, joins it, or sets another state. */
function moveAround(cluster: Cluster): void {
  const { w } = cluster
  const client = cluster.draw(cluster.clients)
  const address = cluster.draw(rooms)
  const own = visits.get(cluster)?.get(client)
  const guest = own?.get(address)
  if (guest === undefined) return enter(cluster, client, address)
  if (w.random() < 0.6) {
    guest.state = Math.floor(w.random() * 1_000)
    return guest.here.set(guest.state)
  }
  guest.room.leave()
  own?.delete(address)
}

async function joinAndLeave(cluster: Cluster): Promise<void> {
  const { w } = cluster
  for (let step = 0; step < 70; step++) {
    moveAround(cluster)
    if (w.random() < 0.1) cluster.sendMessage(cluster.draw(cluster.clients), cluster.draw(rooms))
    await w.advance(Math.floor(w.random() * 2_500))
  }
}

/** Checks that every client shows the state that each client set last. */
function statesAgree(cluster: Cluster): void {
  const here = [...(visits.get(cluster)?.values() ?? [])].flatMap((own) => [...own.values()])
  const pairs = here.flatMap((one) =>
    here.filter(({ room }) => room.address === one.room.address).map((other) => ({ one, other })),
  )
  const wrong = pairs
    .map(({ one, other }) => ({ one, other, seen: other.here.members.get(one.client.session ?? '')?.state }))
    .find(({ one, seen }) => seen !== one.state)
  cluster.w.invariant('I11', () => {
    if (wrong === undefined) return true
    const { one, other, seen } = wrong
    return `${other.client.user} sees ${one.client.user} as ${seen} in ${one.room.address}, who is ${one.state}`
  })
}

/** Searches of presence (I11, S-25, S-26, S-27). */
export const presenceSearches: readonly Search[] = [
  {
    name: 'presence',
    setup: (w) => startWithPresence(w, 2),
    workload: joinAndLeave,
    check: statesAgree,
    options: { faults: allFaults },
    situations: ['a session goes on at another hub', 'a session is lost'],
  },
  {
    name: 'presence and connections',
    setup: (w) => startWithPresence(w, 3),
    workload: joinAndLeave,
    check: statesAgree,
    options: { faults: [...network, 'crash', 'drain', 'answers', 'hints'], most: 12, lasting: 0.5 },
    situations: ['a session goes on at another hub'],
  },
  {
    name: 'presence at one hub',
    setup: (w) => startWithPresence(w, 1),
    workload: joinAndLeave,
    check: statesAgree,
    options: { faults: [...network, 'crash', 'drain', 'pause'], backplaneLatency: 0 },
    situations: [],
  },
  {
    name: 'presence in a crowd',
    setup: (w) => startWithPresence(w, 2, 2),
    workload: joinAndLeave,
    options: { faults: [...network, 'crash', 'hints'], most: 4 },
    situations: [],
  },
]
