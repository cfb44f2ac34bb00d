/** Runs to its end and then calls `done`, once: at once, or later. */
export type QueuedTask = (done: () => void) => void

/**
 * The operations of one session on one address take effect in the order they were written, however long each of them
 * takes; those on different addresses do not wait for each other (P-PB-9). A task on an idle lane runs in this very call.
 *
 * @internal
 */
export class AddressQueues {
  readonly #busy = new Map<string, QueuedTask[]>()

  get idle(): boolean {
    return this.#busy.size === 0
  }

  run(address: string, task: QueuedTask): void {
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
