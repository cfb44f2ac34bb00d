/** Duration for which a log is kept after its place was asked for, in milliseconds. */
const kept = 330_000

interface Pin {
  readonly epoch: string
  until: number
}

/**
 * The logs that must keep their epoch, although they may have no entries: those with listeners, and those whose
 * place was asked for a short time ago.
 */
export class PinnedLogs {
  readonly #pins = new Map<string, Pin>()

  /** The number of logs. */
  get size(): number {
    return this.#pins.size
  }

  /** Pins a log: until it is released, or for a while from `now`. */
  pin(address: string, epoch: string, now: number | null): void {
    const until = now === null ? Number.POSITIVE_INFINITY : now + kept
    const pin = this.#pins.get(address)
    if (pin === undefined) this.#pins.set(address, { epoch, until })
    else pin.until = Math.max(pin.until, until)
  }

  /** Lets a log without listeners go, after a while. */
  release(address: string, now: number): void {
    const pin = this.#pins.get(address)
    if (pin !== undefined) pin.until = now + kept
  }

  /** Returns the epoch with which a pinned log is made; `null` when it is not pinned. */
  epochOf(address: string): string | null {
    return this.#pins.get(address)?.epoch ?? null
  }

  /** Forgets the pins that are over. */
  sweep(now: number): void {
    for (const [address, { until }] of this.#pins) if (until <= now) this.#pins.delete(address)
  }

  /** Forgets all pins. */
  clear(): void {
    this.#pins.clear()
  }
}
