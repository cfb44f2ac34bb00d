import { memory } from './costs.mjs'

export const title = 'Memory of clients that are connected, in one room, and silent'
export const nodes = [1]
export const cost = memory('connection')
/** Each measurement has a node of its own, because a process does not give back all memory. */
export const fresh = true
export const samplesMemory = true
export const rounds = 3

/** The first connections load code, and let the heap grow to its usual size. */
export const prepare = (clients) => clients.open(2_000, { rooms: () => ['lobby'] })

/** A short run has as many connections: with fewer, the growth of the young generation would be a part of the figure. */
export async function run(clients) {
  const count = 8_000
  const start = performance.now()
  await clients.open(count, { rooms: () => ['lobby'] })
  return { count, seconds: (performance.now() - start) / 1_000 }
}
