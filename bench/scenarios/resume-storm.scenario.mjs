import { processorTime } from './costs.mjs'

export const title =
  'All connections are cut, and all clients come back at once: a hub resumes the session of each, others accept new clients'
export const nodes = [1]
export const cost = processorTime('client')
export const fresh = true
export const rounds = 3

export const prepare = (clients) => clients.open(clients.sized(5_000), { rooms: () => ['lobby'] })

export async function run(clients, all) {
  await clients.cut()
  const start = performance.now()
  await clients.resume(all)
  const seconds = (performance.now() - start) / 1_000
  return { count: all.length, seconds, last: seconds }
}
