import { bursts } from './bursts.mjs'

export const title = 'A message at a time, to a room with clients at both nodes'
export const place = { name: 'crowd', of: ({ receivers }) => [receivers, receivers] }
export const run = (room, { seconds }) => bursts(room, { seconds, size: 1 })
