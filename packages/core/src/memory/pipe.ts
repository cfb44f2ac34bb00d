import type { Runtime, Undo } from '../runtime/runtime.ts'

/** Something on its way: a transmission, or the end of the connection behind everything sent before. */
interface Parcel {
  readonly bytes: number
  readonly due: number
  readonly arrive: () => void
}

/** Above this many bytes on the way, a sender waits; as much as a socket's buffer holds. */
const highWaterMark = 64 * 1024

/**
 * One direction of a connection in memory: an ordered, reliable pipe in which everything takes a while. What the receiver does not
 * take stays in it and holds the sender back.
 *
 * @internal
 */
export class MemoryPipe {
  bufferedAmount = 0
  readonly #runtime: Runtime
  readonly #latency: () => number
  readonly #drained: () => void
  #parcels: Parcel[] = []
  #paused = false
  #timer: Undo | null = null
  #waiting = false
  #last = 0

  constructor(runtime: Runtime, latency: () => number, drained: () => void) {
    this.#runtime = runtime
    this.#latency = latency
    this.#drained = drained
  }

  /** Puts something into the pipe; `false` above the high-water mark. */
  push(bytes: number, arrive: () => void): boolean {
    const now = this.#runtime.now()
    // A pipe keeps the order: what is sent later never overtakes.
    this.#last = Math.max(this.#last, now + this.#latency())
    this.#parcels.push({ bytes, due: this.#last, arrive })
    this.bufferedAmount += bytes
    this.#schedule()
    this.#waiting ||= this.bufferedAmount > highWaterMark
    return !this.#waiting
  }

  pause(): void {
    this.#paused = true
    this.#timer?.()
    this.#timer = null
  }

  resume(): void {
    this.#paused = false
    this.#schedule()
  }

  /** Loses everything on the way. */
  destroy(): void {
    this.pause()
    this.#parcels = []
    this.bufferedAmount = 0
  }

  #schedule(): void {
    const [next] = this.#parcels
    if (this.#paused || this.#timer !== null || next === undefined) return
    this.#timer = this.#runtime.timer(Math.max(0, next.due - this.#runtime.now()), () => this.#arrive())
  }

  #arrive(): void {
    this.#timer = null
    const parcel = this.#parcels.shift()
    if (parcel === undefined) return
    this.bufferedAmount -= parcel.bytes
    this.#schedule()
    parcel.arrive()
    if (!this.#waiting || this.bufferedAmount > 0) return
    this.#waiting = false
    this.#drained()
  }
}
