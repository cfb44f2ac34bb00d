// Figures of a list in a page: its length, and the frames while messages come.

export const bench = { renders: 0, snapshots: 0, length: 0, frames: [] }
window.bench = bench

let reading = false

/** Reads older messages until the list has all that the log has. */
export function fill({ items, more, older }) {
  bench.length = items.length
  bench.full = !more
  if (reading || !more || items.length === 0) return
  reading = true
  void older(1_000).then(() => {
    reading = false
  })
}

/** Begins to note the durations of frames. */
bench.begin = () => {
  Object.assign(bench, { renders: 0, snapshots: 0, frames: [] })
  let last = performance.now()
  const frame = (now) => {
    bench.frames.push(now - last)
    last = now
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
}
