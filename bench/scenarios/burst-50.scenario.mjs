import { bursts } from './bursts.mjs'

export { cost, nodes, prepare } from './broadcast.scenario.mjs'
export const title = 'Bursts of 50 messages, to a room with clients at every node'
export const run = (_clients, room, { seconds }) => bursts(room, { seconds, size: 50 })
