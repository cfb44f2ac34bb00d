import { latency } from './latency.mjs'

/** Operations of a measurement at least, so that a busy machine does not measure code that is not compiled yet. */
const least = 4_000

/**
 * Keeps an operation under way in each lane. `start(done)` of a lane begins an operation; the next begins after
 * `done()`. Returns the number of operations, the seconds, and the milliseconds of an operation.
 */
export async function runLanes(clients, lanes, { seconds }) {
  const times = []
  const start = performance.now()
  const end = start + seconds * 1_000
  const run = ({ start }) =>
    new Promise((resolve) => {
      let begun = performance.now()
      const done = () => {
        const now = performance.now()
        times.push(now - begun)
        begun = now
        if (now < end || times.length < least) start(done)
        else resolve()
      }
      start(done)
    })
  await clients.within(Promise.all(lanes.map(run)), () => 'operations did not end')
  return { count: times.length, seconds: (performance.now() - start) / 1_000, ...latency(times) }
}
