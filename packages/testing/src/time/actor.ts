import type { Runtime, Undo } from '@chat/core'
import type { Random } from './random.ts'
import { worldStart } from './wall-clock.ts'

/** Options of an {@link Actor}. */
export interface ActorOptions {
  /**
   * `true`: a settling world waits for the actor's timers, as they stand for work under way. Default:
   * `false`.
   */
  readonly work?: boolean
}

/** The clock that all actors of a world share. */
interface Clock {
  now(): number
  set(delay: number, work: boolean, callback: () => void): Undo
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-'

/**
 * A participant of a simulation, such as a hub or a client, with a clock and randomness of its own. It can be
 * paused, as by a blocked event loop, and killed.
 */
export class Actor {
  /** The actor's time, timers, randomness and ids, for the code under test. */
  readonly runtime: Runtime
  readonly #clock: Clock
  #state: 'running' | 'paused' | 'dead' = 'running'
  /** Callbacks that came due during a pause. */
  #deferred: (() => void)[] = []
  /** Speed of the actor's clock since `#since` of the shared clock, at which it read `#read`. */
  #rate = 1
  #since = 0
  #read = 0
  /** Milliseconds by which the actor's wall clock is fast. */
  #wallShift = 0

  /** @internal Actors are made by {@link VirtualTime.actor}. */
  constructor(random: Random, clock: Clock, options: ActorOptions) {
    const { work = false } = options
    this.#clock = clock
    this.runtime = {
      now: () => this.#now(),
      wallTime: () => Math.floor(worldStart + clock.now() + this.#wallShift),
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

  /** `true` once the actor was killed. */
  get dead(): boolean {
    return this.#state === 'dead'
  }

  /**
   * Changes the speed of the actor's clock: 1.1 is ten percent fast. Timers that are already set keep the old
   * speed.
   */
  skew(rate: number): void {
    this.#read = this.#now()
    this.#since = this.#clock.now()
    this.#rate = rate
  }

  /** Sets the actor's wall clock fast by milliseconds, or slow by a negative number; 0 sets it right. */
  shiftWallClock(milliseconds: number): void {
    this.#wallShift = milliseconds
  }

  /** Holds the actor's timers back until {@link Actor.resume}. */
  pause(): void {
    if (this.#state === 'running') this.#state = 'paused'
  }

  /** Fires the timers that came due during the pause, late and in their order. */
  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'running'
    for (const callback of this.#deferred.splice(0)) this.#clock.set(0, true, () => this.run(callback))
  }

  /** Ends the actor: its timers never fire again. */
  kill(): void {
    this.#state = 'dead'
    this.#deferred = []
  }

  #now(): number {
    return this.#read + (this.#clock.now() - this.#since) * this.#rate
  }

  /**
   * Runs a callback as this actor: at once while it runs, after the pause while it is paused, never once it
   * is dead.
   */
  run(callback: () => void): void {
    if (this.#state === 'running') callback()
    else if (this.#state === 'paused') this.#deferred.push(callback)
  }
}
