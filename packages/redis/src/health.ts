import type { Runtime, Undo } from '@chat/core'

/** Parts of a {@link Health}. */
export interface HealthParts {
  readonly runtime: Runtime
  /** Interval between two tests of a way that was good, in milliseconds. */
  readonly interval: number
  /** Tests every way between this node and the server, there and back; rejects when a way is broken. */
  test(): Promise<void>
}

/** Delays before a broken way is tested again, in milliseconds. */
const delays = [20, 50, 100, 200, 400] as const

/**
 * Tests the ways of commands and hints end to end, as a broken connection may look healthy. After a loss it
 * tests until all ways are good, and then calls the listeners.
 */
export class Health {
  readonly #parts: HealthParts
  readonly #listeners = new Set<() => void>()
  #lost = false
  #interrupted = false
  #attempts = 0
  #testing = false
  #timer: Undo | null = null
  #closed = false

  constructor(parts: HealthParts) {
    this.#parts = parts
  }

  /** Begins the tests. */
  start(): void {
    this.#later()
  }

  /** `true` from a loss until the listeners are called. */
  get interrupted(): boolean {
    return this.#interrupted
  }

  /** Notes that hints may have been lost. */
  suspect(): void {
    this.#interrupted = true
    if (this.#lost || this.#closed) {
      this.#lost = true
      return
    }
    this.#lost = true
    this.#attempts = 0
    if (!this.#testing) this.#later()
  }

  /** Calls `listener` each time when the ways are good after a loss. */
  onReconnect(listener: () => void): Undo {
    const call = (): void => listener()
    this.#listeners.add(call)
    return () => {
      this.#listeners.delete(call)
    }
  }

  close(): void {
    this.#closed = true
    this.#timer?.()
    this.#listeners.clear()
  }

  #later(): void {
    this.#timer?.()
    if (this.#closed) return
    const delay = this.#lost
      ? (delays[Math.min(this.#attempts++, delays.length - 1)] ?? 0)
      : this.#parts.interval
    this.#timer = this.#parts.runtime.timer(delay, () => void this.#test(), 'upkeep')
  }

  async #test(): Promise<void> {
    const before = this.#lost
    this.#testing = true
    this.#lost = false
    try {
      await this.#parts.test()
      if (before && !this.#lost) this.#tell()
      else if (before) this.#lost = true
    } catch {
      this.#lost = true
    }
    this.#testing = false
    this.#later()
  }

  #tell(): void {
    this.#attempts = 0
    this.#interrupted = false
    for (const listener of [...this.#listeners]) listener()
  }
}
