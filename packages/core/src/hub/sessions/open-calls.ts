/** A call whose handler runs. */
export interface OpenCall {
  /** Aborts the signal of the handler, and answers `cancelled`. */
  cancel(): void
}

/** The calls on one connection whose handlers run, by their refs. */
export class OpenCalls {
  readonly #calls = new Map<number, OpenCall>()

  /** Adds a call that waits for its handler. */
  add(ref: number, call: OpenCall): void {
    this.#calls.set(ref, call)
  }

  /** Removes a call that was answered. */
  remove(ref: number): void {
    this.#calls.delete(ref)
  }

  /** Cancels a call; returns false when no handler runs for this ref, or its call was cancelled before. */
  cancel(ref: number): boolean {
    const call = this.#calls.get(ref)
    if (call === undefined) return false
    this.#calls.delete(ref)
    call.cancel()
    return true
  }
}
