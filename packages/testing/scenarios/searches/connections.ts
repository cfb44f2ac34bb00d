import type { World } from '@chat/testing'
import { Cluster } from '../cluster/cluster.ts'
import type { Search } from '../search.ts'
import { talk } from './delivery.ts'

/** Times at which the last connection of each session ended, and the wrong resumes. */
interface Register {
  readonly ended: Map<string, number>
  readonly wrong: string[]
}
const registers = new WeakMap<Cluster, Register>()
/** Milliseconds for which a session can be resumed, in which sends must settle, and by which the end of a connection may be noted late. */
const sessionTtl = 120_000
const horizon = 60_000
const slack = 1_000

async function registered(w: World): Promise<Cluster> {
  const register: Register = { ended: new Map(), wrong: [] }
  const cluster = await Cluster.start(w, {
    bounds: { stalled: 20_000, silent: 55_000 },
    started: (hub) => {
      hub.on('$disconnect', ({ session }) => register.ended.set(session.id, w.now))
      hub.on('$connect', ({ session, resumed }) => {
        const away = w.now - (register.ended.get(session.id) ?? w.now)
        if (resumed && away > sessionTtl + slack)
          register.wrong.push(`${session.user.id} resumes a session after ${away} ms`)
      })
    },
  })
  registers.set(cluster, register)
  return cluster
}

/** All clients but the first send: the first learns of a dead connection by silence alone. */
async function talkToListener(cluster: Cluster): Promise<void> {
  const speakers = cluster.clients.slice(1)
  for (let step = 0; step < 80; step++) {
    cluster.sendMessage(cluster.draw(speakers), cluster.draw([...cluster.rooms, '*']))
    await cluster.w.advance(Math.floor(cluster.w.random() * 2_000))
  }
}

async function talkForLong(cluster: Cluster): Promise<void> {
  await talk(cluster)
  for (let step = 0; step < 30; step++) {
    cluster.sendMessage(cluster.draw(cluster.clients), cluster.draw(cluster.rooms))
    await cluster.w.advance('5s')
  }
}

/** Checks that a send that was written at once has settled within the horizon. */
function settledInTime({ w, sent }: Cluster): void {
  const late = sent.find(({ atOnce, since, until }) => atOnce && (until ?? w.now) - since > horizon + slack)
  w.invariant(
    'I6',
    () =>
      late === undefined ||
      `${late.n} was ${late.outcome} only after ${(late.until ?? w.now) - late.since} ms`,
  )
}

async function talkAndWhisper(cluster: Cluster): Promise<void> {
  for (let step = 0; step < 130; step++) {
    cluster.castMessage(cluster.draw(cluster.clients), cluster.draw(cluster.rooms))
    if (step % 2 === 0)
      cluster.sendMessage(cluster.draw(cluster.clients), cluster.draw([...cluster.rooms, '*']))
    await cluster.w.advance(Math.floor(cluster.w.random() * 500))
  }
}

/** Checks that a deploy fails no send and causes no gap. */
function deployIsUnnoticed({ w, sent, clients, rooms }: Cluster): void {
  const failed = sent.find(({ outcome }) => outcome !== 'stored' && outcome !== 'cast')
  const gaps = clients.flatMap((client) => [...rooms, '*'].flatMap((address) => w.gaps(client, address)))
  w.invariant('S-23', () => {
    if (failed !== undefined) return `a send was ${failed.outcome}`
    return gaps.length === 0 || `${gaps.length} gaps`
  })
}

/** Searches of connections and sessions. */
export const connections: readonly Search[] = [
  {
    name: 'half-open connections',
    setup: (w) =>
      Cluster.start(w, { route: [0, 0, 1, 1], bounds: { stalled: 20_000, silent: 55_000, replaced: 1_000 } }),
    workload: talkToListener,
    options: { faults: ['reset', 'stall', 'stall', 'cut', 'refuse'], most: 8 },
    situations: ['close 4008', 'close 4509', 'a session goes on while its older connection lives'],
  },
  {
    name: 'impatience',
    setup: (w) =>
      Cluster.start(w, { client: { connectTimeout: 3_000 }, hub: { limits: { resumeRate: 100 } } }),
    workload: async (cluster) => {
      const sessions = cluster.clients.map(({ session }) => session)
      await talk(cluster)
      cluster.w.invariant('P-HS-4', () => {
        const lost = cluster.clients.find(({ session }, place) => session !== sessions[place])
        return lost === undefined || `${lost.user} has lost its session`
      })
    },
    options: {
      faults: ['pause', 'stall', 'stall', 'reset', 'reset', 'answers'],
      most: 30,
      latency: [1, 400],
      backplaneLatency: [0, 500],
    },
    situations: ['an attempt to resume is overtaken'],
  },
  {
    name: 'deploys',
    setup: (w) => Cluster.start(w, { nodes: 3 }),
    workload: talkAndWhisper,
    check: deployIsUnnoticed,
    options: { faults: ['drain', 'drain', 'outage'], most: 8 },
    situations: ['a session goes on at another hub', 'a session goes on while its older connection lives'],
  },
  {
    name: 'long absences',
    setup: registered,
    workload: talkForLong,
    check: (cluster) => {
      settledInTime(cluster)
      const [wrong] = registers.get(cluster)?.wrong ?? []
      cluster.w.invariant('P-HS-6', () => wrong === undefined || wrong)
    },
    options: { faults: ['reset', 'stall', 'cut', 'refuse'], most: 8, lasting: 5 },
    situations: ['a send is uncertain', 'a session is lost', 'close 4012'],
  },
]
