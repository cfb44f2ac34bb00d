import { allFaults } from '@chat/testing'
import { Town } from '../cluster/cluster.ts'
import type { Search } from '../search.ts'
import { network, talk } from './delivery.ts'

/** A crowd talks at once, so that there is always something under way. */
async function chatter(town: Town): Promise<void> {
  for (let step = 0; step < 90; step++) {
    for (let voices = 1 + town.w.random() * 3; voices >= 1; voices--)
      town.say(town.any(town.clients), town.any(['#lobby', '#lobby', '*']))
    await town.w.advance(Math.floor(town.w.random() * 200))
  }
}

/** How often the hubs' application was told of each word. */
const told = new WeakMap<Town, Map<number, number>>()

async function listened(w: Parameters<Search['town']>[0]): Promise<Town> {
  const heard = new Map<number, number>()
  const town = await Town.build(w, {
    started: (hub) => {
      hub.on('say', (data) => {
        const { n } = data as { n: number }
        heard.set(n, (heard.get(n) ?? 0) + 1)
      })
    },
  })
  told.set(town, heard)
  return town
}

/** What is stored is told to the application once, wherever its answer was lost. */
function toldOnce(town: Town): void {
  const times = (n: number): number => told.get(town)?.get(n) ?? 0
  const wrong = town.said.find(({ n, outcome }) => times(n) > 1 || (outcome === 'stored' && times(n) === 0))
  town.w.invariant(
    'told once',
    () => wrong === undefined || `the application was told of ${wrong.n} ${times(wrong.n)} times`,
  )
}

/** What goes wrong with logs and with the ways to them. */
export const logs: readonly Search[] = [
  {
    name: 'rollbacks',
    town: (w) =>
      Town.build(w, { people: ['alice', 'bob', 'alice', 'bob', 'alice', 'bob'], rooms: ['#lobby'] }),
    days: chatter,
    options: {
      faults: ['rollback', 'rollback', 'rollback', 'outage', 'answers', 'reset'],
      most: 5,
      within: 8_000,
      backplaneLatency: [0, 60],
    },
    situations: ['gap: diverged', 'two hubs end one epoch', 'an answer is lost after the store'],
  },
  {
    name: 'wipes',
    town: (w) => Town.build(w),
    days: talk,
    options: { faults: [...allFaults.filter((kind) => kind !== 'rollback'), 'wipe', 'wipe'] },
    situations: ['gap: epoch', 'gap: absent', 'a session is lost'],
  },
  {
    name: 'lost hints',
    town: (w) => Town.build(w),
    days: talk,
    options: { faults: ['hints', 'hints', 'reset', 'reset', 'drain'], most: 16 },
    situations: ['a replay', 'a session goes on at another hub'],
  },
  {
    name: 'lost answers',
    town: listened,
    days: talk,
    holds: toldOnce,
    options: { faults: [...network, 'answers', 'answers', 'outage', 'hints'] },
    situations: ['a replay', 'close 4009'],
  },
]
