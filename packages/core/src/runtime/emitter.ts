import { EventEmitter } from 'eventemitter3'
import { isPromise } from './maybe-promise.ts'
import type { Undo } from './runtime.ts'

/** A listener or handler of any event. */
export type Listener = (...args: never[]) => unknown

/**
 * Wraps eventemitter3. `on` returns its own undo. A listener that throws or rejects stops no other listener
 * and does not reach the caller: its error goes to `onError`. A removed listener is not called any more, even
 * if it is removed while its event is emitted.
 */
export class Emitter {
  readonly #events = new EventEmitter()
  readonly #onError: (error: unknown, event: string) => void
  /** The listeners that have not been removed, as they were given. */
  readonly #originals = new Map<object, Listener>()

  constructor(onError: (error: unknown, event: string) => void) {
    this.#onError = onError
  }

  /** Adds a listener; the undo removes it. */
  on(event: string, listener: Listener): Undo {
    const isolated = (...args: unknown[]): void => {
      if (!this.#originals.has(isolated)) return
      try {
        const result = (listener as (...args: unknown[]) => unknown)(...args)
        if (isPromise(result)) result.then(undefined, (error: unknown) => this.#onError(error, event))
      } catch (error) {
        this.#onError(error, event)
      }
    }
    this.#originals.set(isolated, listener)
    this.#events.on(event, isolated)
    return () => {
      this.#originals.delete(isolated)
      this.#events.off(event, isolated)
    }
  }

  /** Calls the listeners of an event, and returns `false` when it has none. */
  emit(event: string, ...args: unknown[]): boolean {
    return this.#events.emit(event, ...args)
  }

  /** Tells if an event has listeners. */
  has(event: string): boolean {
    return this.#events.listenerCount(event) > 0
  }

  /** Returns the listeners as they were given, in the order in which they were added. */
  listeners(event: string): Listener[] {
    return this.#events.listeners(event).map((isolated) => this.#originals.get(isolated) ?? isolated)
  }

  /** Removes all listeners. */
  clear(): void {
    this.#originals.clear()
    this.#events.removeAllListeners()
  }
}
