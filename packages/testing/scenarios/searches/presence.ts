import { type Client, type Presence, presence } from '@chat/core'
import { allFaults, type World } from '@chat/testing'
import { Cluster } from '../cluster/cluster.ts'
import type { Search } from '../search.ts'
import { network } from './delivery.ts'

/** Somebody in a room, and whom they see there. */
interface Visit {
  readonly client: Client
  readonly room: ReturnType<Client['join']>
  readonly here: Presence<number>
  /** What they last said of themselves. */
  state: number
}

/** Everyone who is in a room of a cluster, by client and room. */
const visits = new WeakMap<Cluster, Map<Client, Map<string, Visit>>>()

/** A cluster whose rooms tell who is in them; everyone looks. */
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
const rooms = ['#lobby', '#garden']

function enter(cluster: Cluster, client: Client, address: string): void {
  const state = Math.floor(cluster.w.random() * 1_000)
  const room = client.join(address, { state })
  const theirs = visits.get(cluster)?.get(client)
  const guest = { client, room, here: presence<number>(room), state }
  theirs?.set(address, guest)
  // A hub that cannot take them in at the moment says so.
  room.on('$leave', () => theirs?.get(address) === guest && theirs.delete(address))
}

/** Somebody leaves a room, comes into it, or says something else of themselves. */
function moveAround(cluster: Cluster): void {
  const { w } = cluster
  const client = cluster.draw(cluster.clients)
  const address = cluster.draw(rooms)
  const theirs = visits.get(cluster)?.get(client)
  const guest = theirs?.get(address)
  if (guest === undefined) return enter(cluster, client, address)
  if (w.random() < 0.6) {
    guest.state = Math.floor(w.random() * 1_000)
    return guest.here.set(guest.state)
  }
  guest.room.leave()
  theirs?.delete(address)
}

async function joinAndLeave(cluster: Cluster): Promise<void> {
  const { w } = cluster
  for (let step = 0; step < 70; step++) {
    moveAround(cluster)
    if (w.random() < 0.1) cluster.sendMessage(cluster.draw(cluster.clients), cluster.draw(rooms))
    await w.advance(Math.floor(w.random() * 2_500))
  }
}

/** What somebody last said of themselves is what everyone sees. */
function statesAgree(cluster: Cluster): void {
  const here = [...(visits.get(cluster)?.values() ?? [])].flatMap((theirs) => [...theirs.values()])
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

/** Who is here, whatever happens (I11, S-25, S-26, S-27). */
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
