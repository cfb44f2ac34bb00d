import { setTimeout as wait } from 'node:timers/promises'
import { latency } from './latency.mjs'

export { cost, prepare } from './broadcast.scenario.mjs'
export const title = '20 messages a second, to a room with clients of a node that is otherwise at rest'

export const nodes = [1]

/** Milliseconds between two messages. */
const interval = 50

export async function run(_clients, room, { seconds }) {
  const times = []
  const start = performance.now()
  const bytes = room.bytesRead
  const messages = Math.ceil((Math.max(seconds, 1) * 1_000) / interval)
  for (let sent = 0; sent < messages; sent++) {
    await wait(start + sent * interval - performance.now())
    const begun = performance.now()
    await room.send(1)
    times.push(performance.now() - begun)
  }
  const elapsed = (performance.now() - start) / 1_000
  const count = messages * room.receivers
  const overhead = (room.bytesRead - bytes) / count - 128
  return { messages, count, overhead, seconds: elapsed, ...latency(times) }
}
