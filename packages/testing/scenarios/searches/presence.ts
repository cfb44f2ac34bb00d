import { type Client, type Presence, presence } from '@chat/core'
import { allFaults, type World } from '@chat/testing'
import { Town } from '../cluster/cluster.ts'
import type { Search } from '../search.ts'
import { network } from './delivery.ts'

/** Somebody in a room, and whom they see there. */
interface Guest {
  readonly client: Client
  readonly room: ReturnType<Client['join']>
  readonly here: Presence<number>
  /** What they last said of themselves. */
  state: number
}

/** Everyone who is in a room of a town, by client and room. */
const guests = new WeakMap<Town, Map<Client, Map<string, Guest>>>()

/** A town whose rooms tell who is in them; everyone looks. */
async function sociable(w: World, nodes: number, max = 200): Promise<Town> {
  const town = await Town.build(w, {
    nodes,
    rooms: [],
    hub: { presence: { max }, limits: { resumeRate: 100 } },
  })
  guests.set(town, new Map(town.clients.map((client) => [client, new Map()])))
  for (const client of town.clients) for (const room of rooms) enter(town, client, room)
  return town
}
const rooms = ['#lobby', '#garden']

function enter(town: Town, client: Client, address: string): void {
  const state = Math.floor(town.w.random() * 1_000)
  const room = client.join(address, { state })
  const theirs = guests.get(town)?.get(client)
  const guest = { client, room, here: presence<number>(room), state }
  theirs?.set(address, guest)
  // A hub that cannot take them in at the moment says so.
  room.on('$leave', () => theirs?.get(address) === guest && theirs.delete(address))
}

/** Somebody leaves a room, comes into it, or says something else of themselves. */
function move(town: Town): void {
  const { w } = town
  const client = town.any(town.clients)
  const address = town.any(rooms)
  const theirs = guests.get(town)?.get(client)
  const guest = theirs?.get(address)
  if (guest === undefined) return enter(town, client, address)
  if (w.random() < 0.6) {
    guest.state = Math.floor(w.random() * 1_000)
    return guest.here.set(guest.state)
  }
  guest.room.leave()
  theirs?.delete(address)
}

async function comeAndGo(town: Town): Promise<void> {
  const { w } = town
  for (let step = 0; step < 70; step++) {
    move(town)
    if (w.random() < 0.1) town.say(town.any(town.clients), town.any(rooms))
    await w.advance(Math.floor(w.random() * 2_500))
  }
}

/** What somebody last said of themselves is what everyone sees. */
function statesAgree(town: Town): void {
  const here = [...(guests.get(town)?.values() ?? [])].flatMap((theirs) => [...theirs.values()])
  const pairs = here.flatMap((one) =>
    here.filter(({ room }) => room.address === one.room.address).map((other) => ({ one, other })),
  )
  const wrong = pairs
    .map(({ one, other }) => ({ one, other, seen: other.here.members.get(one.client.session ?? '')?.state }))
    .find(({ one, seen }) => seen !== one.state)
  town.w.invariant('I11', () => {
    if (wrong === undefined) return true
    const { one, other, seen } = wrong
    return `${other.client.user} sees ${one.client.user} as ${seen} in ${one.room.address}, who is ${one.state}`
  })
}

/** Who is here, whatever happens (I11, S-25, S-26, S-27). */
export const attendance: readonly Search[] = [
  {
    name: 'presence',
    town: (w) => sociable(w, 2),
    days: comeAndGo,
    holds: statesAgree,
    options: { faults: allFaults },
    situations: ['a session goes on at another hub', 'a session is lost'],
  },
  {
    name: 'presence and connections',
    town: (w) => sociable(w, 3),
    days: comeAndGo,
    holds: statesAgree,
    options: { faults: [...network, 'crash', 'drain', 'answers', 'hints'], most: 12, lasting: 0.5 },
    situations: ['a session goes on at another hub'],
  },
  {
    name: 'presence at one hub',
    town: (w) => sociable(w, 1),
    days: comeAndGo,
    holds: statesAgree,
    options: { faults: [...network, 'crash', 'drain', 'pause'], backplaneLatency: 0 },
    situations: [],
  },
  {
    name: 'presence in a crowd',
    town: (w) => sociable(w, 2, 2),
    days: comeAndGo,
    options: { faults: [...network, 'crash', 'hints'], most: 4 },
    situations: [],
  },
]
