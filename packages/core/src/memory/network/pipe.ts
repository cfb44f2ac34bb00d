import type { Runtime, Undo } from '../../runtime/runtime.ts'
import type { LinkDirection } from './link-direction.ts'

/** Something on its way: a transmission, or the end of the connection behind everything sent before. */
interface Parcel {
  readonly bytes: number
  due: number
  readonly arrive: () => void
}

// Not written as a product: bundlers keep those where nobody uses them, and pages would carry it.
/** Above this many bytes on the way, a sender waits; as much as a socket's buffer holds. */
const highWaterMark = 65_536

/**
 * One direction of a connection in memory: an ordered, reliable pipe in which everything takes a while. What the receiver does not
 * take stays in it and holds the sender back.
 *
 * @internal
 */
export class MemoryPipe {
  bufferedAmount = 0
  readonly #runtime: Runtime
  readonly #way: LinkDirection
  readonly #drained: () => void
  #parcels: Parcel[] = []
  #paused = false
  #timer: Undo | null = null
  #waiting = false
  #finished = false
  #last = 0

  constructor(runtime: Runtime, way: LinkDirection, drained: () => void) {
    this.#runtime = runtime
    this.#way = way
    this.#drained = drained
    way.add(this)
  }

  /** Puts something into the pipe; `false` above the high-water mark. */
  push(bytes: number, arrive: () => void): boolean {
    this.#parcels.push({ bytes, due: this.#arrival(bytes), arrive })
    this.bufferedAmount += bytes
    this.#schedule()
    this.#waiting ||= this.bufferedAmount > highWaterMark
    return !this.#waiting
  }

  /** The receiver does not read. */
  pause(): void {
    this.#paused = true
    this.#unschedule()
  }

  /** The receiver reads on. */
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

  /** Nothing more is pushed: the way forgets this pipe once it is empty. */
  finish(): void {
    this.#finished = true
    if (this.#parcels.length === 0) this.#way.delete(this)
  }

  /** Loses everything on the way, and takes nothing more. */
  destroy(): void {
    this.pause()
    this.#way.delete(this)
    this.#parcels = []
    this.bufferedAmount = 0
  }

  /** A pipe keeps the order: what is sent later never overtakes, and waits for its turn where bandwidth is short. */
  #arrival(bytes: number): number {
    const now = this.#runtime.now()
    const start = Number.isFinite(this.#way.bandwidth) ? Math.max(now, this.#last) : now
    this.#last = Math.max(this.#last, start + this.#way.time(bytes))
    return this.#last
  }

  #unschedule(): void {
    this.#timer?.()
    this.#timer = null
  }

  #schedule(): void {
    const [next] = this.#parcels
    if (this.#paused || this.#way.isHeld || this.#timer !== null || next === undefined) return
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
