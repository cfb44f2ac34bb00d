import type { VirtualTime } from './virtual-time.ts'

/** Steps without progress of the scenario after which the run fails. */
const longestWait = 1_000_000
/** The same while no timer is set. */
const longestStop = 10_000

/**
 * Advances a world's time: on request of the scenario, and by itself while the scenario waits for a promise.
 */
export class Driver {
  readonly #time: VirtualTime
  /** Settles at the end of the advance that the scenario requested; `null` outside of an advance. */
  #driven: Promise<void> | null = null

  constructor(time: VirtualTime) {
    this.#time = time
  }

  /** Advances time on request of the scenario. Concurrent requests run one after the other. */
  async passTime(move: (time: VirtualTime) => Promise<void>): Promise<void> {
    while (this.#driven !== null) await this.#driven
    const driven = move(this.#time).finally(() => {
      this.#driven = null
    })
    this.#driven = driven.catch(() => {})
    await driven
  }

  /**
   * Runs a scenario to its end, or until `stopped` returns `true`. Time advances by itself while the scenario
   * waits for a promise.
   *
   * @throws The scenario's own error, or an Error when the scenario waits for an event that no virtual time
   *   brings.
   */
  async runScenario(scenario: () => Promise<void>, stopped: () => boolean): Promise<void> {
    let failure: { error: unknown } | null = null
    let finished = false
    scenario()
      .catch((error: unknown) => {
        failure = { error }
      })
      .finally(() => {
        finished = true
      })
    await this.#pass(() => finished || stopped())
    if (failure !== null) throw (failure as { error: unknown }).error
  }

  async #pass(finished: () => boolean): Promise<void> {
    for (let idle = 0; !finished(); idle++) {
      await this.#driven
      await this.#time.rest()
      if (finished() || this.#driven !== null) {
        idle = 0
        continue
      }
      const stepped = await this.#time.runNext()
      if (idle > (stepped ? longestWait : longestStop))
        throw new Error(
          'unable to finish the scenario: it waits for an event outside the world, such as a file, a socket or a real timer; give the promise of such work to w.hold',
        )
    }
  }
}
