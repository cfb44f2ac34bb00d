import { Room } from '../run/room.mjs'
import { bursts } from './bursts.mjs'
import { processorTime } from './costs.mjs'

export const title = 'A message at a time, from a client at the first node to a client at the second node'
export const nodes = [2]
export const cost = processorTime('message')
export const prepare = (clients) => Room.connect(clients, { name: 'pair', place: [0, 1] })
export const run = (_clients, room, { seconds }) => bursts(room, { seconds, size: 1 })
