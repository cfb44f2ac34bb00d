import { bursts } from './bursts.mjs'

export const title = 'A message at a time, from a client at the first node to a client at the second node'
export const place = { name: 'pair', of: () => [0, 1] }
export const run = (room, { seconds }) => bursts(room, { seconds, size: 1 })
