import type { Runtime } from '../../runtime/runtime.ts'

/** What moves along a way and can be stopped on it. */
interface Traffic {
  held(): void
  released(): void
  /** The bandwidth is another one now. */
  retimed(): void
}

/**
 * One direction between a client and its hubs. It can be held, as a network stalls: nothing arrives until it is released, and then everything does, late. Nothing is
 * ever lost or reordered on it; that is not how TCP fails.
 *
 * @internal
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

  /** Bytes per millisecond; all connections on this way share it. */
  get bandwidth(): number {
    return this.#bandwidth
  }

  /** Also what is on the way moves at the new speed. */
  set bandwidth(bandwidth: number) {
    this.#bandwidth = bandwidth
    for (const traffic of this.#traffic) traffic.retimed()
  }

  /** How long something of this size takes, were it the only one on the way. */
  time(bytes: number): number {
    return this.#latency() + bytes / this.bandwidth
  }

  add(traffic: Traffic): void {
    this.#traffic.add(traffic)
  }

  delete(traffic: Traffic): void {
    this.#traffic.delete(traffic)
  }

  /** Something that needs the way but no place in a pipe's order: a dial, a reset. */
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
