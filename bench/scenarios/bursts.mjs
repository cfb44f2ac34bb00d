import { latency } from './latency.mjs'

/** Deliveries of a measurement at least, so that a busy machine does not measure code that is not compiled yet. */
const least = 50_000

/**
 * Sends messages in bursts, each after all receivers have the burst before. Returns the numbers of messages and
 * deliveries, the seconds, and the time in which the bursts arrived, in milliseconds.
 */
export async function bursts(room, { seconds, size }) {
  const times = []
  const bursts = Math.min(500, Math.max(2, least / (size * room.receivers)))
  const start = performance.now()
  let now = start
  while (now - start < seconds * 1_000 || times.length < bursts) {
    await room.send(size)
    const then = performance.now()
    times.push(then - now)
    now = then
  }
  const messages = times.length * size
  return {
    messages,
    count: messages * room.receivers,
    seconds: (now - start) / 1_000,
    ...latency(times),
  }
}
