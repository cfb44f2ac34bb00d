import { Room } from '../run/room.mjs'
import { bursts } from './bursts.mjs'
import { processorTime } from './costs.mjs'

export const title = 'A message at a time, to a room with clients at every node'
export const nodes = [1, 2]
export const cost = processorTime('delivery')

/** A room with a crowd: 1 000 clients at a single node, or 200 at each of several. */
export function prepare(clients) {
  const count = clients.options.receivers ?? (clients.nodes === 1 ? 1_000 : 200)
  return Room.connect(clients, { name: 'crowd', place: Array(clients.nodes).fill(count) })
}

export const run = (_clients, room, { seconds }) => bursts(room, { seconds, size: 1 })
