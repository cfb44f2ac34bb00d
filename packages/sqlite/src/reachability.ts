import { ChatError, type Runtime, type Undo } from '@chat/core'

const firstDelay = 200
const longestDelay = 5_000

/**
 * Tells if the file can be written. After a failure it tries again, more and more rarely, and notifies its
 * listeners once a write has succeeded.
 */
export class Reachability {
  readonly #runtime: Runtime
  readonly #write: () => Promise<void>
  readonly #listeners = new Set<() => void>()
  #failure: unknown = null
  #delay = firstDelay
  #timer: Undo | null = null
  #closed = false

  /** @param write - Writes to the file; rejects when that fails. */
  constructor(runtime: Runtime, write: () => Promise<void>) {
    this.#runtime = runtime
    this.#write = write
  }

  /** The error of the last write, if it failed; else `null`. */
  get failure(): unknown {
    return this.#failure
  }

  /** Notes that a transaction succeeded. */
  noteSuccess(): void {
    this.#failure = null
  }

  /** Notes the error that undid a transaction. An error of the application says nothing of the file. */
  noteFailure(error: unknown): void {
    if (error instanceof ChatError) return
    this.#failure = error
    this.#timer ??= this.#runtime.timer(this.#delay, () => this.#retry(), 'upkeep')
  }

  /** Calls `listener` each time that the file can be written again. */
  onReturn(listener: () => void): Undo {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  /** Ends the attempts. */
  close(): void {
    this.#closed = true
    this.#timer?.()
    this.#listeners.clear()
  }

  #retry(): void {
    this.#write().then(
      () => {
        this.#timer = null
        this.#delay = firstDelay
        for (const listener of [...this.#listeners]) listener()
      },
      () => {
        // The file may have failed while it was closed.
        if (this.#closed) return
        this.#delay = Math.min(this.#delay * 2, longestDelay)
        this.#timer = this.#runtime.timer(this.#delay, () => this.#retry(), 'upkeep')
      },
    )
  }
}
