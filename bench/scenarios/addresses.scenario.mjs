import { processorTime } from './costs.mjs'
import { runLanes } from './lanes.mjs'
import { Pair } from './pairs.mjs'

export const title =
  'A message to a room, in a hub with many; 100 clients are the members, each room has one, and up to 2 000 get messages'
export const axis = 'rooms'
export const points = [10, 100, 1_000, 10_000, 100_000]
export const contenders = ['ws', 'chat']
export const nodes = [1]
export const cost = processorTime('message')

const [lanes, members] = [10, 100]
/** Rooms of a lane that get messages, spread over all. */
const busy = 200

/** Room `k` has the member `k % 100`. Lane `i` sends to the rooms `i`, `i + 10`, …, so that members have one sender. */
export async function prepare(clients) {
  const roomsOf = (member) => numbers(member, clients.point, members).map((k) => `r${k}`)
  const all = await clients.open(members, { rooms: roomsOf })
  const senders = await clients.open(lanes)
  const prepared = senders.map((sender, i) => {
    const pair = new Pair(clients, { sender, receivers: all.filter((_, member) => member % lanes === i) })
    return lane(pair, spread(numbers(i, clients.point, lanes)))
  })
  await warmUp(clients, prepared)
  return prepared
}

export const run = runLanes

/** Some messages to each busy room, so that its log exists. */
async function warmUp(clients, prepared) {
  const each = async ({ start }) => {
    for (let left = 2 * busy; left > 0; left--) await new Promise(start)
  }
  await clients.within(Promise.all(prepared.map(each)), () => 'messages are missing')
}

function lane(pair, rooms) {
  let next = 0
  return { start: (done) => pair.say(`r${rooms[next++ % rooms.length]}`, done) }
}

const spread = (rooms) => rooms.filter((_, i) => i % Math.ceil(rooms.length / busy) === 0)

const numbers = (from, to, step) =>
  Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, i) => from + i * step)
