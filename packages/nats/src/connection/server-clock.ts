import type { Runtime } from '@chat/core'

/** Asks for the time at which the server has stored a message, in milliseconds since 1970. */
export type StampRequest = () => Promise<number>

/** Number of measurements, of which the shortest counts. */
const samples = 3

/**
 * The clock of the server, as this node knows it: JetStream stamps what it stores, and has no other way to
 * ask for its time. A measurement is wrong by at most half of its duration. The clock of this machine has no
 * influence.
 */
export class ServerClock {
  readonly #runtime: Runtime
  #offset = 0

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** Returns the time of the server, in milliseconds since 1970. */
  now(): number {
    return Math.round(this.#runtime.now() + this.#offset)
  }

  /** Compares this node's clock with the server's. */
  async measure(request: StampRequest): Promise<void> {
    let shortest = Number.POSITIVE_INFINITY
    let offset = this.#offset
    for (let sample = 0; sample < samples; sample++) {
      const start = this.#runtime.now()
      const stamped = await request()
      const end = this.#runtime.now()
      if (end - start >= shortest) continue
      shortest = end - start
      offset = stamped - (start + end) / 2
    }
    this.#offset = offset
  }
}
