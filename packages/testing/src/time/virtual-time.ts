import type { Runtime, Undo } from '@chat/core'
import { Actor, type ActorOptions } from './actor.ts'
import { type MacrotaskPlatform, macrotaskOf } from './macrotask.ts'
import { Random } from './random.ts'

interface Timer {
  readonly due: number
  readonly order: number
  /** Whether something is under way until it has fired; a heartbeat or a deadline is not. */
  readonly work: boolean
  readonly callback: () => void
  cancelled: boolean
}

const macrotask = macrotaskOf(globalThis as unknown as MacrotaskPlatform)

/**
 * Time that passes only when told to. What is due runs in the order of its time, and in the order of the calls where that is the same; between
 * two of them everything that waits on promises is settled.
 */
export class VirtualTime {
  readonly #seed: number
  /** A binary heap by due time and order. */
  readonly #heap: Timer[] = []
  #now = 0
  #order = 0
  #working = 0
  #steps = 0

  constructor(seed = 1) {
    this.#seed = seed
  }

  /** Milliseconds since the start. */
  get now(): number {
    return this.#now
  }

  /** How many callbacks have run. */
  get steps(): number {
    return this.#steps
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#heap.filter(({ cancelled }) => !cancelled).length
  }

  /** A runtime on this clock, with randomness of its own. */
  runtime(name: string, options: ActorOptions = {}): Runtime {
    return this.actor(name, options).runtime
  }

  /** Somebody on this clock: a runtime, and what can happen to whom it belongs. */
  actor(name: string, options: ActorOptions = {}): Actor {
    const set = (delay: number, work: boolean, callback: () => void): Undo => this.#set(delay, work, callback)
    return new Actor(new Random(this.#seed, name), { now: () => this.#now, set }, options)
  }

  /** Lets time pass, and everything that is due in it happen. */
  async advance(duration: number): Promise<void> {
    const end = this.#now + duration
    await quiet()
    for (let next = this.#first(); next !== null && next.due <= end; next = this.#first())
      await this.#step(next)
    this.#now = end
    await quiet()
  }

  /**
   * Lets time pass until nothing is under way: nothing on the network, nothing between hub and backplane, nothing to write. Timers that only wait
   * (heartbeats, deadlines, backoffs) stay as they are, unless one comes due before that.
   *
   * @throws Error when it takes longer than `limit` milliseconds.
   */
  async settle(limit = 60_000): Promise<void> {
    const end = this.#now + limit
    await quiet()
    for (let next = this.#first(); next !== null && this.#working > 0; next = this.#first()) {
      if (next.due > end) throw new Error(`unable to settle: something is still under way after ${limit} ms`)
      await this.#step(next)
    }
  }

  /** Goes to the next thing that is due; `false` when there is none. */
  async next(): Promise<boolean> {
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
    // Cancelling it from now on changes nothing.
    this.#cancel(timer)
    timer.callback()
    await quiet()
  }
}

/**
 * Resolves when everything that waits on promises has run.
 *
 * @internal
 */
export const quiet = (): Promise<void> => new Promise((resolve) => macrotask(resolve))

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
