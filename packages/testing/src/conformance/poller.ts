import { type MaybePromise, systemRuntime } from '@chat/core'
import { ConformanceError } from './check.ts'

/** Limits of the time that a suite waits. The suite runs in real time unless the harness gives `settle`. */
export interface SuiteTiming {
  /**
   * Advances virtual time until no work is under way, for harnesses on virtual time. A waiting case calls it
   * repeatedly, so longer delays, such as a close that the peer does not answer, come to their end too.
   * Default: real time.
   */
  readonly settle?: () => Promise<void>
  /** Milliseconds of waiting after which a case fails. Default: 10 000. */
  readonly deadline?: number
  /**
   * Milliseconds without an event after which a case concludes that an event does not occur. Default: 100.
   */
  readonly quiet?: number
}

/**
 * Milliseconds between two checks: at first, and after a while. A check may cost a request to another
 * process.
 */
const interval = { first: 4, longest: 50 }
/** Maximum number of calls of `settle` while a case waits. */
const maxRounds = 200

/** Waits for conditions, in real or in virtual time. */
export class Poller {
  readonly #settle: (() => Promise<void>) | undefined
  readonly #deadline: number
  readonly #quiet: number
  /** Least number of checks before a case fails: in real time, a process that stood still has not waited. */
  readonly #rounds: number
  #settling: Promise<void> | null = null

  constructor({ settle, deadline = 10_000, quiet = 100 }: SuiteTiming) {
    this.#settle = settle
    this.#deadline = deadline
    this.#quiet = quiet
    this.#rounds = settle === undefined ? deadline / interval.longest : maxRounds
  }

  /** Maximum duration of a case, in milliseconds. */
  get limit(): number {
    return this.#deadline * 4
  }

  /**
   * Waits until `check` returns `true`.
   *
   * @throws ConformanceError with the text `what` after the deadline.
   */
  async until(what: string | (() => string), check: () => MaybePromise<boolean>): Promise<void> {
    const end = systemRuntime.now() + this.#deadline
    for (let round = 0; ; round++) {
      if (await check()) return
      if (round >= this.#rounds && (this.#settle !== undefined || systemRuntime.now() > end))
        throw neverCame(typeof what === 'string' ? what : what())
      await this.#moment(round)
    }
  }

  /**
   * Waits until `find` returns a value. It is called at first, and whenever one of `looks` is, among which it
   * stands while it waits: a wait for an event that is announced needs no polling. Rejects when `find`
   * throws.
   */
  async found<T>(what: () => string, find: () => T | undefined, looks: Set<() => void>): Promise<T> {
    const found = find()
    if (found !== undefined) return found
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        looks.delete(look)
        undo()
        act()
      }
      const look = (): void => {
        try {
          const later = find()
          if (later !== undefined) settle(() => resolve(later))
        } catch (error) {
          settle(() => reject(error))
        }
      }
      const late = (): void => settle(() => reject(neverCame(what())))
      const undo = systemRuntime.timer(this.#deadline, late)
      looks.add(look)
    })
  }

  /** Resolves or rejects as a pending operation does. */
  async awaitOutcome<T>(what: string, pending: MaybePromise<T>): Promise<T> {
    let settled = false
    const outcome = Promise.resolve(pending).finally(() => {
      settled = true
    })
    outcome.catch(() => {})
    await Promise.resolve()
    await this.until(what, () => settled)
    return outcome
  }

  /** Waits until the value that `read` returns has not changed for a while. */
  async untilStable(read: () => MaybePromise<unknown>): Promise<void> {
    let last = await read()
    let since = systemRuntime.now()
    let looks = 0
    for (let round = 0; round < maxRounds; ) {
      await this.#moment(looks++)
      const now = await read()
      if (now !== last) {
        last = now
        since = systemRuntime.now()
      } else if (this.#settle !== undefined || systemRuntime.now() - since >= this.#quiet) return
      if (this.#settle !== undefined) round++
    }
  }

  /** Waits until `check` returns `true`, but not longer than for an event that may not occur. */
  async soon(check: () => boolean): Promise<boolean> {
    const since = systemRuntime.now()
    for (let round = 0; !check(); round++) {
      if (this.#settle === undefined ? systemRuntime.now() - since >= this.#quiet : round >= 2) return false
      await this.#moment(round)
    }
    return true
  }

  /** Lets a moment pass. */
  pause(): Promise<void> {
    return this.#moment(0)
  }

  /** Waits for the time between two checks, which grows. */
  #moment(round: number): Promise<void> {
    if (this.#settle !== undefined) {
      // Virtual time moves for one wait at a time.
      this.#settling ??= this.#settle().finally(() => {
        this.#settling = null
      })
      return this.#settling
    }
    return new Promise((resolve) =>
      systemRuntime.timer(Math.min(interval.first + round, interval.longest), resolve),
    )
  }
}

const neverCame = (what: string): ConformanceError => new ConformanceError(`it never came about that ${what}`)
