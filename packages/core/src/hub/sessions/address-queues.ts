/**
 * An operation in a queue. It calls `done` once when it has finished, in the same call or later. An operation
 * that may overlap calls `next` before, when the next overlapping operation may start.
 */
export type QueuedTask = (done: () => void, next: () => void) => void

/** A task that waits. */
interface Waiting {
  readonly task: QueuedTask
  readonly overlaps: boolean
}

/** The tasks of one address. */
class Queue {
  /** Tasks that wait, oldest first. */
  readonly waiting: Waiting[] = []
  /** Number of tasks that have started and not finished. */
  running = 0
  /** Number of tasks that have started. It names the newest of them. */
  started = 0
  /** True when the newest of the started tasks allows an overlapping task to start. */
  open = false
  /** True while tasks are started. */
  advancing = false
}

/**
 * Queues of operations, one per address: operations on one address take effect in the order in which they
 * were written, however long each takes, and operations on different addresses do not wait for each other
 * (P-PB-9). A task whose queue is idle runs in the very call.
 *
 * A task that overlaps, such as an append, starts as soon as the task before it allows it. Every other task
 * waits until all tasks before it have finished.
 */
export class AddressQueues {
  readonly #busy = new Map<string, Queue>()

  /** True while no task runs or waits. */
  get idle(): boolean {
    return this.#busy.size === 0
  }

  /** Runs a task after all earlier tasks of the address. */
  runTask(address: string, task: QueuedTask, overlaps = false): void {
    const queue = this.#busy.get(address)
    if (queue === undefined) return this.#startIdle(address, task)
    queue.waiting.push({ task, overlaps })
    this.#advance(address, queue)
  }

  /** Starts the first task of an address. A task that finishes in the call needs no queue. */
  #startIdle(address: string, task: QueuedTask): void {
    let finished = false
    let open = false
    let done = (): void => {
      finished = true
    }
    let next = (): void => {
      open = true
    }
    task(
      () => done(),
      () => next(),
    )
    if (finished) return
    const queue = this.#busy.get(address) ?? new Queue()
    this.#busy.set(address, queue)
    ;({ done, next } = this.#begin(address, queue))
    if (open) next()
  }

  /** Counts a task as started; returns the functions with which it goes on. */
  #begin(address: string, queue: Queue): { readonly done: () => void; readonly next: () => void } {
    const number = ++queue.started
    let finished = false
    queue.running++
    queue.open = false
    const next = (): void => {
      if (queue.started === number) queue.open = true
      this.#advance(address, queue)
    }
    const done = (): void => {
      if (finished) return
      finished = true
      queue.running--
      next()
    }
    return { done, next }
  }

  #advance(address: string, queue: Queue): void {
    if (queue.advancing) return
    queue.advancing = true
    for (let head = queue.waiting[0]; head !== undefined; head = queue.waiting[0]) {
      if (queue.running > 0 && !(head.overlaps && queue.open)) break
      queue.waiting.shift()
      const { done, next } = this.#begin(address, queue)
      head.task(done, next)
    }
    queue.advancing = false
    if (queue.running === 0 && queue.waiting.length === 0 && this.#busy.get(address) === queue)
      this.#busy.delete(address)
  }
}
