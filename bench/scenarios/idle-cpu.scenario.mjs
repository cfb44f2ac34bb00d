import { setTimeout as wait } from 'node:timers/promises'

export const title =
  'Processor time of 10 000 connections that are silent, in rooms with a log of one message each'
export const axis = 'rooms'
export const points = [1_000, 50_000]
export const contenders = ['chat']
export const nodes = [1]
export const fresh = true
export const rounds = 1
export const cost = { label: 'CPU ms a second', of: ({ nodes, seconds }) => nodes / 1_000 / seconds }

/** Each room has a member, which has sent a message to it. */
export async function prepare(clients) {
  const count = clients.sized(10_000)
  const rooms = clients.sized(clients.point)
  const of = (i) => Array.from({ length: Math.ceil((rooms - i) / count) }, (_, n) => `room-${i + n * count}`)
  const members = await clients.open(count, { rooms: of })
  for (let i = 0; i < members.length; i += 100)
    await Promise.all(members.slice(i, i + 100).map((member) => sayToOwnRooms(clients, member)))
}

/** A heartbeat long, so that each connection is pinged once. */
export async function run() {
  const start = performance.now()
  await wait(26_000)
  return { count: 1, seconds: (performance.now() - start) / 1_000 }
}

function sayToOwnRooms(clients, member) {
  let left = 2 * member.identity.rooms.length
  if (left === 0) return
  const arrived = new Promise((resolve) => {
    member.onMessages = member.onAnswers = (count) => {
      left -= count
      if (left === 0) resolve()
    }
  })
  for (const room of member.identity.rooms) member.say(room, '1')
  return clients.within(arrived, () => 'messages are missing')
}
