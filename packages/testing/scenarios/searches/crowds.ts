import type { World } from '@chat/testing'
import { Cluster } from '../cluster/cluster.ts'
import { nothingIsRefused } from '../cluster/final-checks.ts'
import type { Search } from '../search.ts'

/** Tabs and screens of one account, and a user with one tab. */
const users = [...Array.from({ length: 12 }, () => 'alice'), 'bob', 'carol']
const rooms = ['#lobby', '#garden', '#attic', '#cellar', '#yard', '#pond'] as const

/** Sessions of the clients at the start, and the ends of connections for a limit. */
interface Register {
  readonly sessions: readonly (string | null)[]
  readonly limited: string[]
}
const registers = new WeakMap<Cluster, Register>()

/** Starts clients whose user owes far more units than are left when all of them come back at once. */
async function crowd(w: World): Promise<Cluster> {
  const limited: string[] = []
  const cluster = await Cluster.start(w, {
    users,
    rooms,
    hub: { limits: { catchUpRate: 5, catchUpBurst: 30 } },
    started: (hub) =>
      hub.on('$disconnect', ({ session, code, reason }) => {
        if (code === 4013) limited.push(`${session.user.id}: ${reason}`)
      }),
  })
  registers.set(cluster, { sessions: cluster.clients.map(({ session }) => session), limited })
  return cluster
}

/** Clients send now and then, while hubs are replaced and networks cut them off. */
async function chat(cluster: Cluster): Promise<void> {
  for (let step = 0; step < 25; step++) {
    cluster.sendMessage(cluster.draw(cluster.clients), cluster.draw(cluster.rooms))
    await cluster.w.advance(Math.floor(cluster.w.random() * 2_500))
  }
}

/** Checks that every client has kept its session, and that none was sent away for a limit. */
function nobodyMeetsALimit(cluster: Cluster): void {
  const { w, clients } = cluster
  const { sessions = [], limited = [] } = registers.get(cluster) ?? {}
  const lost = clients.findIndex(({ session }, place) => session !== sessions[place])
  w.invariant('P-LV-7', () => limited[0] === undefined || `a connection was ended for a limit: ${limited[0]}`)
  w.invariant('P-LV-7', () => lost < 0 || `client ${lost} of ${clients[lost]?.user} has lost its session`)
  nothingIsRefused(cluster)
}

/** Searches of honest crowds, which meet no limit. */
export const crowds: readonly Search[] = [
  {
    name: 'a crowd of one user',
    setup: crowd,
    workload: chat,
    check: nobodyMeetsALimit,
    options: { faults: ['drain', 'drain', 'crash', 'reset', 'cut', 'refuse'], most: 6 },
    situations: ['a session goes on at another hub'],
  },
]
