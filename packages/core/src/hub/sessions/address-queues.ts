import type { Backlog } from './backlog.ts'

/** An operation in a queue. It ends its turn once, in the same call or later. */
export type QueuedTask = (turn: Turn) => void

/** The turn of one operation in the queue of its address. */
export class Turn {
  /** The queue; `null` while the operation is alone on its address, and runs in the call that started it. */
  #queue: Queue | null = null
  #number = 0
  #finished = false
  #open = false
  #bytes = 0

  /** True after {@link Turn.done}. */
  get finished(): boolean {
    return this.#finished
  }

  /** Ends the turn: the operation has finished. */
  done(): void {
    if (this.#finished) return
    this.#finished = true
    if (this.#queue === null) return
    this.#queue.running--
    this.#queue.backlog?.leave(this.#bytes)
    this.#goOn(this.#queue)
  }

  /** Lets the next overlapping operation start before this operation has finished. */
  next(): void {
    this.#open = true
    if (this.#queue !== null) this.#goOn(this.#queue)
  }

  /** Counts the turn in a queue, with the bytes of its operation. */
  enter(queue: Queue, bytes: number): void {
    this.#queue = queue
    this.#bytes = bytes
    this.#number = ++queue.started
    queue.running++
    queue.open = this.#open
  }

  #goOn(queue: Queue): void {
    if (queue.started === this.#number) queue.open = true
    queue.advance()
  }
}

/** A task that waits. */
interface Waiting {
  readonly task: QueuedTask
  readonly overlaps: boolean
  readonly bytes: number
}

/** Options of a task. */
export interface TaskOptions {
  /** Bytes of the operation's text, which count while it waits. Default: 0. */
  readonly bytes?: number
  /** `true` for a task that starts as soon as the task before it allows it. Default: `false`. */
  readonly overlaps?: boolean
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
  /** Counts the tasks that run or wait; `null` for those of the hub itself. */
  readonly backlog: Backlog | null
  readonly #onIdle: (queue: Queue) => void
  #advancing = false

  /** @param onIdle - Called when no task runs or waits. */
  constructor(backlog: Backlog | null, onIdle: (queue: Queue) => void) {
    this.backlog = backlog
    this.#onIdle = onIdle
  }

  /** Starts the tasks whose turn it is. */
  advance(): void {
    if (this.#advancing) return
    this.#advancing = true
    for (let head = this.waiting[0]; head !== undefined; head = this.waiting[0]) {
      if (this.running > 0 && !(head.overlaps && this.open)) break
      this.waiting.shift()
      const turn = new Turn()
      turn.enter(this, head.bytes)
      head.task(turn)
    }
    this.#advancing = false
    if (this.running === 0 && this.waiting.length === 0) this.#onIdle(this)
  }
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
  /** The queues of addresses with tasks; `null` while there is none, as most sessions are idle. */
  #busy: Map<string, Queue> | null = null
  readonly #backlog: Backlog | null

  /** @param backlog - Counts the tasks that do not end in the call. Default: none. */
  constructor(backlog: Backlog | null = null) {
    this.#backlog = backlog
  }

  /** True while no task runs or waits. */
  get idle(): boolean {
    return this.#busy === null
  }

  /** Runs a task after all earlier tasks of the address. */
  runTask(address: string, task: QueuedTask, { bytes = 0, overlaps = false }: TaskOptions = {}): void {
    const queue = this.#busy?.get(address)
    if (queue === undefined) return this.#startIdle(address, task, bytes)
    queue.waiting.push({ task, overlaps, bytes })
    this.#backlog?.enter(bytes)
    queue.advance()
  }

  /** Starts the first task of an address. A task that finishes in the call needs no queue. */
  #startIdle(address: string, task: QueuedTask, bytes: number): void {
    const turn = new Turn()
    task(turn)
    if (turn.finished) return
    const queue = this.#busy?.get(address) ?? this.#add(address)
    turn.enter(queue, bytes)
    this.#backlog?.enter(bytes)
    queue.advance()
  }

  #add(address: string): Queue {
    const added = new Queue(this.#backlog, (queue) => this.#remove(address, queue))
    this.#busy ??= new Map()
    this.#busy.set(address, added)
    return added
  }

  #remove(address: string, queue: Queue): void {
    if (this.#busy?.get(address) !== queue) return
    this.#busy.delete(address)
    if (this.#busy.size === 0) this.#busy = null
  }
}
