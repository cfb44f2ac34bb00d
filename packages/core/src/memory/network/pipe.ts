import type { Runtime, Undo } from '../../runtime/runtime.ts'
import type { LinkDirection } from './link-direction.ts'

/** A transmission under way, or the end of the connection behind all transmissions. */
interface Parcel {
  readonly bytes: number
  due: number
  readonly arrive: () => void
}

// Not written as a product: bundlers keep an unused product, and pages would carry it.
/** Bytes under way above which a sender waits, the size of a socket's buffer. */
const highWaterMark = 65_536

/**
 * A direction of a connection in memory: an ordered, reliable pipe with a latency. Transmissions that the
 * receiver does not take stay in it and hold the sender back.
 */
export class MemoryPipe {
  bufferedAmount = 0
  readonly #runtime: Runtime
  readonly #direction: LinkDirection
  readonly #drained: () => void
  #parcels: Parcel[] = []
  #paused = false
  #timer: Undo | null = null
  #waiting = false
  #finished = false
  #last = 0

  constructor(runtime: Runtime, direction: LinkDirection, drained: () => void) {
    this.#runtime = runtime
    this.#direction = direction
    this.#drained = drained
    direction.add(this)
  }

  /** Adds a transmission; returns `false` above the high-water mark. */
  push(bytes: number, arrive: () => void): boolean {
    this.#parcels.push({ bytes, due: this.#arrival(bytes), arrive })
    this.bufferedAmount += bytes
    this.#schedule()
    this.#waiting ||= this.bufferedAmount > highWaterMark
    return !this.#waiting
  }

  /** Stops the arrival of transmissions: the receiver does not read. */
  pause(): void {
    this.#paused = true
    this.#unschedule()
  }

  /** Continues the arrival of transmissions. */
  resume(): void {
    this.#paused = false
    this.#schedule()
  }

  held(): void {
    this.#unschedule()
  }

  released(): void {
    this.#schedule()
  }

  retimed(): void {
    this.#unschedule()
    this.#last = this.#runtime.now()
    for (const parcel of this.#parcels) parcel.due = this.#arrival(parcel.bytes)
    this.#schedule()
  }

  /** Ends the input: the direction forgets this pipe once it is empty. */
  finish(): void {
    this.#finished = true
    if (this.#parcels.length === 0) this.#direction.delete(this)
  }

  /** Loses the transmissions under way, and takes no more. */
  destroy(): void {
    this.pause()
    this.#direction.delete(this)
    this.#parcels = []
    this.bufferedAmount = 0
  }

  /**
   * Computes the time of arrival. A later transmission never overtakes, and waits when bandwidth is short.
   */
  #arrival(bytes: number): number {
    const now = this.#runtime.now()
    const start = Number.isFinite(this.#direction.bandwidth) ? Math.max(now, this.#last) : now
    this.#last = Math.max(this.#last, start + this.#direction.time(bytes))
    return this.#last
  }

  #unschedule(): void {
    this.#timer?.()
    this.#timer = null
  }

  #schedule(): void {
    const [next] = this.#parcels
    if (this.#paused || this.#direction.isHeld || this.#timer !== null || next === undefined) return
    this.#timer = this.#runtime.timer(Math.max(0, next.due - this.#runtime.now()), () => this.#arrive())
  }

  #arrive(): void {
    this.#timer = null
    const parcel = this.#parcels.shift()
    if (parcel === undefined) return
    this.bufferedAmount -= parcel.bytes
    this.#schedule()
    parcel.arrive()
    if (this.#finished) this.finish()
    if (!this.#waiting || this.bufferedAmount > 0) return
    this.#waiting = false
    this.#drained()
  }
}
