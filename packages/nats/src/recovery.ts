import type { Runtime, Undo } from '@chat/core'
import type { Link } from './connection/link.ts'

/** Milliseconds between two attempts to reach JetStream: at first, and at most. */
const pause = { first: 100, longest: 1_000 }

/** The work of a recovery. */
export interface RecoverySteps {
  /** Called when the connection is lost. */
  lost(): void
  /** Makes the backplane usable again; it is repeated until it succeeds. */
  restore(): Promise<void>
}

/**
 * Brings a backplane back after a loss of the connection, and after answers which say that streams are missing
 * or without a leader. Listeners are called when operations are possible again.
 */
export class Recovery {
  readonly #link: Link
  readonly #runtime: Runtime
  readonly #steps: RecoverySteps
  readonly #listeners = new Set<() => void>()
  #running = false
  #closed = false
  #wait: Undo | null = null

  constructor(link: Link, runtime: Runtime, steps: RecoverySteps) {
    this.#link = link
    this.#runtime = runtime
    this.#steps = steps
    link.watch({ down: () => this.#steps.lost(), up: () => this.doubt() })
  }

  /** `true` during a recovery. */
  get underWay(): boolean {
    return this.#running
  }

  /** Calls `listener` after each recovery. */
  onRecovered(listener: () => void): Undo {
    // The same function may listen twice; each undo ends its own.
    const own = (): void => listener()
    this.#listeners.add(own)
    return () => {
      this.#listeners.delete(own)
    }
  }

  /** Begins a recovery, unless a recovery is under way. */
  doubt(): void {
    if (this.#running || this.#closed) return
    this.#running = true
    this.#attempt(pause.first)
  }

  /** Ends all attempts. */
  close(): void {
    this.#closed = true
    this.#listeners.clear()
    this.#wait?.()
  }

  #attempt(delay: number): void {
    this.#steps.restore().then(
      () => this.#recovered(),
      () => {
        if (this.#closed) return
        // While the connection is lost, its return begins a recovery.
        if (!this.#link.connected) this.#running = false
        else this.#wait = this.#runtime.timer(delay, () => this.#attempt(Math.min(delay * 2, pause.longest)))
      },
    )
  }

  #recovered(): void {
    this.#running = false
    if (!this.#closed) for (const listener of [...this.#listeners]) listener()
  }
}
