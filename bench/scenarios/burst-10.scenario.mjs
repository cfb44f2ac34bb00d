import { bursts } from './bursts.mjs'

export { place } from './broadcast.scenario.mjs'
export const title = 'Bursts of 10 messages, to a room with clients at both nodes'
export const run = (room, { seconds }) => bursts(room, { seconds, size: 10 })
