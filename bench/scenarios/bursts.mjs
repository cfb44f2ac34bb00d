/**
 * Sends messages in bursts, each after all receivers have the burst before. Returns the numbers of messages and
 * deliveries, the seconds, and the time in which the bursts arrived, in milliseconds.
 */
export async function bursts(room, { seconds, size }) {
  const latencies = []
  const start = performance.now()
  let now = start
  while (now - start < seconds * 1_000) {
    await room.send(size)
    const then = performance.now()
    latencies.push(then - now)
    now = then
  }
  latencies.sort((a, b) => a - b)
  const messages = latencies.length * size
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))]
  return {
    messages,
    deliveries: messages * room.receivers,
    seconds: (now - start) / 1_000,
    p50: at(0.5),
    p99: at(0.99),
  }
}
