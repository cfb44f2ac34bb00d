import type { World } from '@chat/testing'
import { Town } from '../cluster/cluster.ts'
import type { Search } from '../search.ts'
import { talk } from './delivery.ts'

/** When each session's last connection ended, and what was wrong with a resume. */
interface Register {
  readonly ended: Map<string, number>
  readonly wrong: string[]
}
const registers = new WeakMap<Town, Register>()
/** For how long a session can be resumed, and how late its end may be noted. */
const sessionTtl = 120_000
const horizon = 60_000
const slack = 1_000

async function registered(w: World): Promise<Town> {
  const register: Register = { ended: new Map(), wrong: [] }
  const town = await Town.build(w, {
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
  registers.set(town, register)
  return town
}

/** All but the first talk: who only listens learns of a dead connection by silence alone. */
async function talkToListener(town: Town): Promise<void> {
  const speakers = town.clients.slice(1)
  for (let step = 0; step < 80; step++) {
    town.say(town.any(speakers), town.any([...town.rooms, '*']))
    await town.w.advance(Math.floor(town.w.random() * 2_000))
  }
}

async function talkForLong(town: Town): Promise<void> {
  await talk(town)
  for (let step = 0; step < 30; step++) {
    town.say(town.any(town.clients), town.any(town.rooms))
    await town.w.advance('5s')
  }
}

/** A send that could be written at once is settled within the horizon, whatever happens. */
function settledInTime({ w, said }: Town): void {
  const late = said.find(({ atOnce, since, until }) => atOnce && (until ?? w.now) - since > horizon + slack)
  w.invariant(
    'I6',
    () =>
      late === undefined ||
      `${late.n} was ${late.outcome} only after ${(late.until ?? w.now) - late.since} ms`,
  )
}

async function talkAndWhisper(town: Town): Promise<void> {
  for (let step = 0; step < 130; step++) {
    town.whisper(town.any(town.clients), town.any(town.rooms))
    if (step % 2 === 0) town.say(town.any(town.clients), town.any([...town.rooms, '*']))
    await town.w.advance(Math.floor(town.w.random() * 500))
  }
}

/** A deploy costs nobody anything. */
function nobodyNotices({ w, said, clients, rooms }: Town): void {
  const failed = said.find(({ outcome }) => outcome !== 'stored' && outcome !== 'cast')
  const gaps = clients.flatMap((client) => [...rooms, '*'].flatMap((address) => w.gaps(client, address)))
  w.invariant('S-23', () => {
    if (failed !== undefined) return `a send was ${failed.outcome}`
    return gaps.length === 0 || `${gaps.length} gaps`
  })
}

/** What goes wrong with connections and sessions. */
export const connections: readonly Search[] = [
  {
    name: 'half-open connections',
    town: (w) =>
      Town.build(w, { route: [0, 0, 1, 1], bounds: { stalled: 20_000, silent: 55_000, replaced: 1_000 } }),
    days: talkToListener,
    options: { faults: ['reset', 'stall', 'stall', 'cut', 'refuse'], most: 8 },
    situations: ['close 4008', 'close 4509', 'a session goes on while its older connection lives'],
  },
  {
    name: 'impatience',
    town: (w) => Town.build(w, { client: { connectTimeout: 3_000 }, hub: { limits: { resumeRate: 100 } } }),
    days: async (town) => {
      const sessions = town.clients.map(({ session }) => session)
      await talk(town)
      town.w.invariant('P-HS-4', () => {
        const lost = town.clients.find(({ session }, place) => session !== sessions[place])
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
    town: (w) => Town.build(w, { nodes: 3 }),
    days: talkAndWhisper,
    holds: nobodyNotices,
    options: { faults: ['drain', 'drain', 'outage'], most: 8 },
    situations: ['a session goes on at another hub', 'a session goes on while its older connection lives'],
  },
  {
    name: 'long absences',
    town: registered,
    days: talkForLong,
    holds: (town) => {
      settledInTime(town)
      const [wrong] = registers.get(town)?.wrong ?? []
      town.w.invariant('P-HS-6', () => wrong === undefined || wrong)
    },
    options: { faults: ['reset', 'stall', 'cut', 'refuse'], most: 8, lasting: 5 },
    situations: ['a send is uncertain', 'a session is lost', 'close 4012'],
  },
]
