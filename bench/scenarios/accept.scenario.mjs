import { processorTime } from './costs.mjs'

export const title = 'Clients that connect and join a room, 50 at a time'
export const nodes = [1]
export const cost = processorTime('connection')

export async function run(clients) {
  const count = clients.sized(5_000)
  const start = performance.now()
  await clients.open(count, { rooms: () => ['lobby'] })
  return { count, seconds: (performance.now() - start) / 1_000 }
}

/** Closes the clients of a round, which is not measured. */
export const after = (clients) => clients.close()
