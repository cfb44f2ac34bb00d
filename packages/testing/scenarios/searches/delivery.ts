import { allFaults, type FaultKind } from '@chat/testing'
import { Town } from '../cluster/cluster.ts'
import type { Search } from '../search.ts'

/** What goes wrong between a client and its hubs. */
export const network: readonly FaultKind[] = ['stall', 'reset', 'cut', 'refuse', 'slow', 'sleep']

/** Everyone talks now and then, alone and in bursts, for about a minute and a half. */
export async function talk(town: Town): Promise<void> {
  const { w, clients, rooms } = town
  for (let step = 0; step < 60; step++) {
    const client = town.any(clients)
    const address = town.any([...rooms, '*', '@alice', '@bob'])
    for (let burst = w.random() < 0.2 ? 5 : 1; burst > 0; burst--) town.say(client, address)
    await w.advance(Math.floor(w.random() * 3_000))
  }
}

/** Without faults nobody joins twice, repeats a send, or is uncertain of one (I10). */
function nothingIsNeedless(town: Town): void {
  const { w, eye, clients, rooms, said } = town
  w.invariant('I10', () => {
    if (eye.joins !== clients.length * rooms.length) return `${eye.joins} joins, some of them needless`
    if (eye.repeated > 0) return `${eye.repeated} sends were repeated`
    return said.every(({ outcome }) => outcome === 'stored') || 'a send was not stored'
  })
}

/** From nothing going wrong to everything at once. */
export const delivery: readonly Search[] = [
  {
    name: 'calm',
    town: (w) => Town.build(w),
    days: talk,
    options: { faults: [] },
    holds: nothingIsNeedless,
    situations: [],
  },
  {
    name: 'one hub, synchronous',
    town: (w) => Town.build(w, { nodes: 1 }),
    days: talk,
    options: { faults: [...network, 'crash', 'pause', 'trim'], backplaneLatency: 0 },
    situations: [],
  },
  {
    name: 'two hubs',
    town: (w) => Town.build(w),
    days: talk,
    options: { faults: allFaults },
    situations: [],
  },
  {
    name: 'storm',
    town: (w) => Town.build(w),
    days: talk,
    options: { faults: allFaults, most: 25, within: 80_000 },
    situations: [
      'a late frame on an older connection',
      'a send is uncertain',
      'a session goes on at another hub',
      'a session goes on while its older connection lives',
      'a session is lost',
      'an answer is lost after the store',
      'close 4008',
      'close 4509',
      'gap: absent',
      'gap: diverged',
      'gap: epoch',
      'two hubs end one epoch',
    ],
  },
]
