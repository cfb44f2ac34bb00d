import { Town } from '../cluster/cluster.ts'
import type { Search } from '../search.ts'
import { talk } from './delivery.ts'

/** What a client makes of a hub that breaks the protocol. All breaches are over before the last words, which show what was left out. */
export const breaches: readonly Search[] = [
  {
    name: 'a hub leaves messages out',
    town: (w) => Town.build(w),
    days: async (town) => {
      await talk(town)
      await town.w.advance('20s')
      for (const client of town.clients)
        for (const address of [...town.rooms, '*', `@${client.user}`]) town.say(client, address)
      await town.w.advance('5s')
    },
    options: { faults: ['omission', 'omission', 'omission', 'reset'], within: 40_000 },
    situations: ['a hole is noticed'],
  },
  {
    name: 'a hub repeats messages',
    town: (w) => Town.build(w),
    days: talk,
    holds: (town) => {
      const { eye, clients, rooms } = town
      town.w.invariant(
        'I10',
        () => eye.joins === clients.length * rooms.length || `${eye.joins} joins: some were not needed`,
      )
    },
    options: { faults: ['repetition'] },
    situations: [],
  },
]
