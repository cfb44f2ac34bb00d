/** An operation in a queue. It calls `done` once when it has finished, in the same call or later. */
export type QueuedTask = (done: () => void) => void

/**
 * Queues of operations, one per address: operations on one address take effect in the order in which they
 * were written, however long each takes, and operations on different addresses do not wait for each other
 * (P-PB-9). A task whose queue is idle runs in the very call.
 */
export class AddressQueues {
  readonly #busy = new Map<string, QueuedTask[]>()

  /** True while no task runs or waits. */
  get idle(): boolean {
    return this.#busy.size === 0
  }

  /** Runs a task after all earlier tasks of the address. */
  runTask(address: string, task: QueuedTask): void {
    const waiting = this.#busy.get(address)
    if (waiting === undefined) this.#start(address, task)
    else waiting.push(task)
  }

  #start(address: string, task: QueuedTask): void {
    let finished = false
    let inside = true
    task(() => {
      if (finished) return
      finished = true
      if (!inside) this.#next(address)
    })
    inside = false
    if (!finished) this.#busy.set(address, this.#busy.get(address) ?? [])
    else if (this.#busy.has(address)) this.#next(address)
  }

  #next(address: string): void {
    const waiting = this.#busy.get(address)
    const task = waiting?.shift()
    if (task === undefined) {
      this.#busy.delete(address)
      return
    }
    this.#start(address, task)
  }
}
