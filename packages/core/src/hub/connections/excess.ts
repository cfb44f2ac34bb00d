/** Shortest time over which frames are counted, in milliseconds. */
const period = 1_000
/** Duration of excess without a break after which a connection is closed, in milliseconds (P-LV-8). */
const longestExcess = 10_000

/** Counts the frames of one connection that cost no unit (P-LV-8). It exists while there are any. */
export class Excess {
  readonly #most: number
  #since: number
  #frames = 0
  #lasting = 0

  /** @param most - Frames per second that a connection may send without an end. */
  constructor(most: number, now: number) {
    this.#most = most
    this.#since = now
  }

  /** Adds frames. Returns `over` when the connection is to be closed, and `calm` when it need not be watched. */
  add(frames: number, now: number): 'over' | 'watched' | 'calm' {
    this.#frames += frames
    const time = now - this.#since
    if (time < period) return 'watched'
    const calm = this.#frames <= (this.#most * time) / 1_000
    this.#lasting = calm ? 0 : this.#lasting + time
    this.#since = now
    this.#frames = 0
    if (calm) return 'calm'
    return this.#lasting >= longestExcess ? 'over' : 'watched'
  }
}
