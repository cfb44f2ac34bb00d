import { processorTime } from './costs.mjs'
import { runLanes } from './lanes.mjs'
import { Pair } from './pairs.mjs'

export const title =
  '500 pairs of users: each has a message under way, which is delivered, and acknowledged if so named'
export const nodes = [1]
export const cost = processorTime('message')
export const prepare = (clients) => openPairs(clients, 500)
export const run = runLanes

/** Lanes of pairs of users. */
export async function openPairs(clients, count) {
  const senders = await clients.open(count)
  const receivers = await clients.open(count)
  return senders.map((sender, i) => {
    const pair = new Pair(clients, { sender, receivers: [receivers[i]] })
    return { start: (done) => pair.tell(receivers[i], done) }
  })
}
