import { payload } from '../run/payload.mjs'
import { processorTime } from './costs.mjs'
import { runLanes } from './lanes.mjs'
import { Pair } from './pairs.mjs'

export const title = 'A message to one of 10 rooms, whose logs keep a number of messages'
export const axis = 'messages in a log'
export const points = [10, 100, 1_000, 10_000]
export const contenders = ['chat']
export const nodes = [1]
export const cost = processorTime('message')
export const settings = (count) => ({ log: { retention: { count } } })

/** Fills the logs. */
export async function prepare(clients) {
  const rooms = Array.from({ length: 10 }, (_, i) => `room-${i}`)
  const senders = await clients.open(10)
  await Promise.all(senders.map((sender, i) => fill(clients, { sender, room: rooms[i] })))
  const receivers = await clients.open(10, { rooms: (i) => [rooms[i]] })
  return senders.map((sender, i) => {
    const pair = new Pair(clients, { sender, receivers: [receivers[i]] })
    return { start: (done) => pair.say(rooms[i], done) }
  })
}

export const run = runLanes

/** Sends messages, up to 100 of which wait for their acknowledgement. */
async function fill(clients, { sender, room }) {
  for (let left = clients.point; left > 0; left -= 100) {
    let waiting = Math.min(100, left)
    const acknowledged = new Promise((resolve) => {
      sender.onAnswers = (count) => {
        waiting -= count
        if (waiting === 0) resolve()
      }
    })
    for (let i = waiting; i > 0; i--) sender.say(room, payload(left + i))
    await clients.within(acknowledged, () => 'acknowledgements are missing')
  }
}
