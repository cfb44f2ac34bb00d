import { type MaybePromise, systemRuntime } from '@chat/core'
import { ConformanceError } from './check.ts'

/** How long a suite waits for things. Real time, unless there is `settle`. */
export interface SuiteTiming {
  /**
   * For harnesses on virtual time: lets time pass until nothing is under way. Whoever waits calls it again and again, so what needs a
   * longer time, such as a close that nobody answers, comes about too.
   */
  readonly settle?: () => Promise<void>
  /** After this many milliseconds without what it waits for a case fails. Default: 10 000. */
  readonly deadline?: number
  /** Where something must *not* happen, this many milliseconds in which nothing happens are enough. Default: 100. */
  readonly quiet?: number
}

/** How often it looks whether something has happened, in milliseconds: at first, and after a while. Looking may cost a request to another process. */
const interval = { first: 4, longest: 50 }
/** How often virtual time may settle before what is waited for. */
const maxRounds = 200

/** Waits for what is to happen, in real or in virtual time. */
export class Poller {
  readonly #settle: (() => Promise<void>) | undefined
  readonly #deadline: number
  readonly #quiet: number

  constructor({ settle, deadline = 10_000, quiet = 100 }: SuiteTiming) {
    this.#settle = settle
    this.#deadline = deadline
    this.#quiet = quiet
  }

  /** How long one case may take in all, in milliseconds. */
  get limit(): number {
    return this.#deadline * 4
  }

  /** Waits until `check` answers true. */
  async until(what: string | (() => string), check: () => MaybePromise<boolean>): Promise<void> {
    const end = systemRuntime.now() + this.#deadline
    for (let round = 0; ; round++) {
      if (await check()) return
      if (this.#settle === undefined ? systemRuntime.now() > end : round >= maxRounds)
        throw neverCame(typeof what === 'string' ? what : what())
      await this.#moment(round)
    }
  }

  /**
   * Waits until `find` returns a value. It is called at first, and whenever one of `looks` is, among which it stands while it waits: a wait
   * for an event that is announced needs no polling. Rejects when `find` throws.
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

  /** The outcome of something that takes time. */
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

  /** Waits until what `read` answers has not changed for a while. */
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

  /** Waits a little, and a little longer than the last time. */
  #moment(round: number): Promise<void> {
    if (this.#settle !== undefined) return this.#settle()
    return new Promise((resolve) =>
      systemRuntime.timer(Math.min(interval.first + round, interval.longest), resolve),
    )
  }
}

const neverCame = (what: string): ConformanceError => new ConformanceError(`it never came about that ${what}`)
