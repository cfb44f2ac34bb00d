import { attempt } from '../runtime/maybe-promise.ts'
import type { Undo } from '../runtime/runtime.ts'

/** Function that listens to an event. */
export type Listener = (...args: never[]) => unknown

interface Entry {
  readonly listener: (...args: unknown[]) => unknown
  removed: boolean
}

/**
 * Listeners of a client or a room, by event. The error of a listener that throws or rejects is reported, and
 * stops neither the other listeners nor the caller. A listener that was removed is not called any more, also
 * by an `emit` that is under way. The hub's listeners are eventemitter3's, which would cost a page 1 kB.
 */
export class Listeners {
  readonly #report: (error: unknown, event: string) => void
  /** Each list is replaced when it changes, so that an `emit` under way keeps its own. */
  readonly #entries = new Map<string, readonly Entry[]>()

  constructor(report: (error: unknown, event: string) => void) {
    this.#report = report
  }

  /** Adds a listener. Returns the function that removes it. */
  add(event: string, listener: Listener): Undo {
    const entry: Entry = { listener: listener as Entry['listener'], removed: false }
    this.#entries.set(event, [...this.#of(event), entry])
    return () => {
      entry.removed = true
      const left = this.#of(event).filter((other) => other !== entry)
      if (left.length > 0) this.#entries.set(event, left)
      else this.#entries.delete(event)
    }
  }

  /** Returns `true` when the event has a listener. */
  has(event: string): boolean {
    return this.#entries.has(event)
  }

  /**
   * Returns `true` when messages have a listener. An own event of a client or a room (`$…`) counts only when it is
   * `event`.
   */
  hears(event: string): boolean {
    for (const name of this.#entries.keys()) if (name === event || !name.startsWith('$')) return true
    return false
  }

  /** Calls the listeners of an event in the order in which they were added. */
  emit(event: string, ...args: unknown[]): void {
    for (const entry of this.#of(event)) {
      if (entry.removed) continue
      attempt(
        () => entry.listener(...args),
        () => {},
        (error) => this.#report(error, event),
      )
    }
  }

  /** Removes all listeners. */
  clear(): void {
    for (const entries of this.#entries.values()) for (const entry of entries) entry.removed = true
    this.#entries.clear()
  }

  #of(event: string): readonly Entry[] {
    return this.#entries.get(event) ?? []
  }
}
