import type { Runtime } from '../../runtime/runtime.ts'

/** A pipe that a direction can hold and release. */
interface Traffic {
  held(): void
  released(): void
  /** Called when the bandwidth has changed. */
  retimed(): void
}

/**
 * A direction between a client and its hubs. While it is held, as in a network that stalls, transmissions
 * wait; when it is released they arrive late. It never loses or reorders a transmission, because TCP does not
 * fail like that.
 */
export class LinkDirection {
  readonly #runtime: Runtime
  readonly #latency: () => number
  readonly #traffic = new Set<Traffic>()
  #late: (() => void)[] = []
  #held = false
  #bandwidth = Number.POSITIVE_INFINITY

  constructor(runtime: Runtime, latency: () => number) {
    this.#runtime = runtime
    this.#latency = latency
  }

  get isHeld(): boolean {
    return this.#held
  }

  /** Bandwidth in bytes per millisecond, shared by all connections in this direction. */
  get bandwidth(): number {
    return this.#bandwidth
  }

  /** Transmissions under way continue at the new speed. */
  set bandwidth(bandwidth: number) {
    this.#bandwidth = bandwidth
    for (const traffic of this.#traffic) traffic.retimed()
  }

  /** Returns the milliseconds that a transmission of this size takes alone. */
  time(bytes: number): number {
    return this.#latency() + bytes / this.bandwidth
  }

  add(traffic: Traffic): void {
    this.#traffic.add(traffic)
  }

  delete(traffic: Traffic): void {
    this.#traffic.delete(traffic)
  }

  /** Carries a signal outside the order of a pipe, such as a dial or a reset. */
  signal(delay: number, arrive: () => void): void {
    this.#runtime.timer(delay + this.#latency(), () => {
      if (this.#held) this.#late.push(arrive)
      else arrive()
    })
  }

  hold(): void {
    if (this.#held) return
    this.#held = true
    for (const traffic of this.#traffic) traffic.held()
  }

  release(): void {
    if (!this.#held) return
    this.#held = false
    const late = this.#late
    this.#late = []
    for (const arrive of late) this.#runtime.timer(0, arrive)
    for (const traffic of this.#traffic) traffic.released()
  }
}
