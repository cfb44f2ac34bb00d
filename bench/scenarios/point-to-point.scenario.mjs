import { payload } from '../run/payload.mjs'
import { processorTime } from './costs.mjs'
import { runLanes } from './lanes.mjs'

export const title =
  '500 pairs of users: each has a message under way, which is delivered and, if so named, acknowledged'
export const nodes = [1]
export const cost = processorTime('message')

export async function prepare(clients) {
  const senders = await clients.open(500)
  const receivers = await clients.open(500)
  return senders.map((sender, i) => pair(sender, receivers[i], clients.wire.acknowledges))
}

export const run = runLanes

/** A lane whose operation is a message from a client to another client. */
export function pair(sender, receiver, acknowledges) {
  let left = 0
  let done = null
  let sent = 0
  const heard = (count) => {
    left -= count
    if (left < 0) throw new Error(`a message to ${receiver.identity.user} came twice`)
    if (left === 0) done()
  }
  receiver.onMessages = heard
  sender.onAnswers = heard
  return {
    start(then) {
      left = acknowledges ? 2 : 1
      done = then
      sender.tell(receiver.identity.user, payload(++sent))
    },
  }
}
