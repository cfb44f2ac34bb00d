import type { Runtime, Undo } from '@chat/core'
import type { Random } from './random.ts'

/** How an {@link Actor} behaves. */
export interface ActorOptions {
  /** Its timers mean that something is under way, which is what settling waits for. Default: `false`. */
  readonly work?: boolean
}

/** The clock that actors share. */
interface Clock {
  now(): number
  set(delay: number, work: boolean, callback: () => void): Undo
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-'

/**
 * Somebody in a simulation, with a clock and randomness of its own: it can be paused, as by a blocked event loop, and killed.
 */
export class Actor {
  /** What the code under test takes time and randomness from. */
  readonly runtime: Runtime
  readonly #clock: Clock
  #state: 'running' | 'paused' | 'dead' = 'running'
  #late: (() => void)[] = []
  /** How fast its clock runs, since when, and what it read then. */
  #rate = 1
  #since = 0
  #read = 0

  /** @internal */
  constructor(random: Random, clock: Clock, options: ActorOptions) {
    const { work = false } = options
    this.#clock = clock
    this.runtime = {
      now: () => this.#now(),
      timer: (delay, callback) => {
        let wanted = true
        const cancel = clock.set(delay / this.#rate, work, () => this.run(() => wanted && callback()))
        return () => {
          wanted = false
          cancel()
        }
      },
      defer: (callback) => {
        clock.set(0, true, () => this.run(callback))
      },
      random: () => random.next(),
      id: (length) => {
        let id = ''
        for (let i = 0; i < length; i++) id += alphabet[random.below(64)]
        return id
      },
    }
  }

  /** Whether it is dead for good. */
  get dead(): boolean {
    return this.#state === 'dead'
  }

  /** From now on its clock runs at another rate: 1.1 is ten percent fast. Timers that are set already keep to the old one. */
  skew(rate: number): void {
    this.#read = this.#now()
    this.#since = this.#clock.now()
    this.#rate = rate
  }

  /** None of its timers fires until it is resumed. */
  pause(): void {
    if (this.#state === 'running') this.#state = 'paused'
  }

  /** What came due meanwhile fires now, late, in its order. */
  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'running'
    for (const callback of this.#late.splice(0)) this.#clock.set(0, true, () => this.run(callback))
  }

  /** None of its timers ever fires again. */
  kill(): void {
    this.#state = 'dead'
    this.#late = []
  }

  #now(): number {
    return this.#read + (this.#clock.now() - this.#since) * this.#rate
  }

  /** Runs something as this actor: now, late when it is paused, never when it is dead. */
  run(callback: () => void): void {
    if (this.#state === 'running') callback()
    else if (this.#state === 'paused') this.#late.push(callback)
  }
}
