import { type Runtime, type Undo, UsageError } from '@chat/core'
import { checkOptionsWithHint, describe, type OptionNames } from '@chat/core/transport'
import { Actor, type ActorOptions } from './actor.ts'
import { type MacrotaskPlatform, macrotaskOf } from './macrotask.ts'
import { Random } from './random.ts'

interface Timer {
  readonly due: number
  readonly order: number
  /** `true` for work under way, which settling waits for; `false` for a heartbeat or a deadline. */
  readonly work: boolean
  readonly callback: () => void
  cancelled: boolean
}

const actorOptionNames: OptionNames<ActorOptions> = { work: true }

const macrotask = macrotaskOf(globalThis as unknown as MacrotaskPlatform)

/**
 * A clock that advances only on request. Timers fire in the order of their time, and timers of the same time
 * in the order in which they were set. Between two timers, all pending promises settle.
 */
export class VirtualTime {
  readonly #seed: number
  /** A binary heap by due time and order. */
  readonly #heap: Timer[] = []
  #now = 0
  #order = 0
  #working = 0
  #steps = 0
  readonly #watchers = new Set<() => void>()
  /** Settles when all work outside has; `null` when none is under way. */
  #outside: Promise<void> | null = null

  /** Makes a clock; the randomness of all its runtimes follows from the seed. Default: 1. */
  constructor(seed = 1) {
    this.#seed = seed
  }

  /** Milliseconds of virtual time since the start. */
  get now(): number {
    return this.#now
  }

  /** Number of callbacks that have run. */
  get steps(): number {
    return this.#steps
  }

  /**
   * Calls `watcher` after each callback, once all pending promises have settled. Returns the function that ends it.
   */
  watchSteps(watcher: () => void): Undo {
    this.#watchers.add(watcher)
    return () => {
      this.#watchers.delete(watcher)
    }
  }

  /** Number of timers that are set. */
  get pending(): number {
    return this.#heap.filter(({ cancelled }) => !cancelled).length
  }

  /**
   * Makes a runtime on this clock, with randomness of its own, which follows from the name. Its `wallTime`
   * starts on 1 January 2026 (UTC).
   */
  runtime(name: string, options: ActorOptions = {}): Runtime {
    return this.actor(name, options).runtime
  }

  /** Makes an actor on this clock: a runtime whose owner can be paused and killed. */
  actor(name: string, options: ActorOptions = {}): Actor {
    checkOptionsWithHint('make the actor', options, actorOptionNames)
    const set = (delay: number, work: boolean, callback: () => void): Undo => this.#set(delay, work, callback)
    return new Actor(new Random(this.#seed, name), { now: () => this.#now, set }, options)
  }

  /**
   * Stops the clock until work outside the world has settled: WebCrypto, a file, a database. Work that begins
   * together ends in the order in which it began, so that the same seed gives the same run. Returns a promise
   * that settles as `work` does.
   */
  hold<T>(work: Promise<T>): Promise<T> {
    if (typeof work?.then !== 'function')
      throw new UsageError(`unable to hold the clock: give a promise, and not ${describe(work)}`)
    const settled = work.then(
      () => {},
      () => {},
    )
    const before = this.#outside
    const turn = before === null ? settled : before.then(() => settled)
    const held: Promise<void> = turn.then(() => {
      if (this.#outside === held) this.#outside = null
    })
    this.#outside = held
    return held.then(() => work)
  }

  /** Resolves after all pending microtasks, and all work outside, at this time. */
  async rest(): Promise<void> {
    await drainMicrotasks()
    while (this.#outside !== null) {
      await this.#outside
      await drainMicrotasks()
    }
  }

  /** Advances the clock by milliseconds, and fires the timers that come due. */
  async advance(duration: number): Promise<void> {
    const end = this.#now + duration
    await this.rest()
    for (let next = this.#first(); next !== null && next.due <= end; next = this.#first())
      await this.#step(next)
    this.#now = end
    await this.rest()
  }

  /**
   * Advances the clock until no work is under way: no transmission on the network or between hub and
   * backplane, no pending write. Timers that only wait (heartbeats, deadlines, backoffs) fire only when they
   * come due before that.
   *
   * @throws Error when work is still under way after `limit` milliseconds.
   */
  async settle(limit = 60_000): Promise<void> {
    const end = this.#now + limit
    await this.rest()
    for (let next = this.#first(); next !== null && this.#working > 0; next = this.#first()) {
      if (next.due > end) throw new Error(`unable to settle: work is still under way after ${limit} ms`)
      await this.#step(next)
    }
  }

  /** Advances the clock to the next timer and fires it. Returns `false` when no timer is set. */
  async runNext(): Promise<boolean> {
    const next = this.#first()
    if (next !== null) await this.#step(next)
    return next !== null
  }

  #set(delay: number, work: boolean, callback: () => void): Undo {
    const due = this.#now + Math.max(0, delay)
    const timer: Timer = { due, order: this.#order++, work, callback, cancelled: false }
    push(this.#heap, timer)
    if (work) this.#working++
    return () => this.#cancel(timer)
  }

  #cancel(timer: Timer): void {
    if (timer.cancelled) return
    timer.cancelled = true
    if (timer.work) this.#working--
  }

  #first(): Timer | null {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (!first.cancelled) return first
      pop(this.#heap)
    }
    return null
  }

  async #step(timer: Timer): Promise<void> {
    pop(this.#heap)
    this.#now = timer.due
    this.#steps++
    // A timer that has fired counts as cancelled, so a later cancel has no effect.
    this.#cancel(timer)
    timer.callback()
    await this.rest()
    if (this.#watchers.size === 0) return
    for (const watcher of this.#watchers) watcher()
    await this.rest()
  }
}

/** Resolves after all pending microtasks have run. */
const drainMicrotasks = (): Promise<void> => new Promise((resolve) => macrotask(resolve))

const before = (a: Timer, b: Timer): boolean => a.due < b.due || (a.due === b.due && a.order < b.order)

function push(heap: Timer[], timer: Timer): void {
  let index = heap.length
  heap.push(timer)
  while (index > 0) {
    const parent = (index - 1) >> 1
    const above = heap[parent]
    if (above === undefined || before(above, timer)) break
    heap[index] = above
    index = parent
  }
  heap[index] = timer
}

function pop(heap: Timer[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let index = 0
  for (;;) {
    const left = 2 * index + 1
    const right = left + 1
    const [a, b] = [heap[left], heap[right]]
    if (a === undefined) break
    const [child, at] = b !== undefined && before(b, a) ? [b, right] : [a, left]
    if (before(last, child)) break
    heap[index] = child
    index = at
  }
  heap[index] = last
}
