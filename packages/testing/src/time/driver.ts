import { quiet, type VirtualTime } from './virtual-time.ts'

/** After this many steps in which the scenario went nowhere, it never will. */
const longestWait = 1_000_000
/** The same where there is nothing left to happen. */
const longestStop = 10_000

/**
 * Lets a world's time pass: as the scenario says, and by itself while the scenario waits for something else.
 *
 * @internal
 */
export class Driver {
  readonly #time: VirtualTime
  /** Resolves when the scenario has let time pass, while it does. */
  #driven: Promise<void> | null = null

  constructor(time: VirtualTime) {
    this.#time = time
  }

  /** Lets time pass as the scenario says; one after the other where several of its parts do. */
  async drive(move: (time: VirtualTime) => Promise<void>): Promise<void> {
    while (this.#driven !== null) await this.#driven
    const driven = move(this.#time).finally(() => {
      this.#driven = null
    })
    this.#driven = driven.catch(() => {})
    await driven
  }

  /**
   * Runs a scenario to its end, or until it is stopped. Time passes by itself while it waits for something else than time.
   *
   * @throws whatever it throws; Error when it waits for what will never come.
   */
  async run(scenario: () => Promise<void>, stopped: () => boolean): Promise<void> {
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
      await quiet()
      if (finished() || this.#driven !== null) {
        idle = 0
        continue
      }
      const stepped = await this.#time.next()
      if (idle > (stepped ? longestWait : longestStop))
        throw new Error(
          'unable to finish the scenario: it waits for something that no time brings, such as a file, a socket or a real timer',
        )
    }
  }
}
