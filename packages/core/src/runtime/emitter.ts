import { EventEmitter } from 'eventemitter3'
import { isPromise } from './maybe-promise.ts'
import type { Undo } from './runtime.ts'

/** @internal */
export type Listener = (...args: never[]) => unknown

/**
 * eventemitter3, wrapped once: `on` returns its own undo, and a listener that throws or rejects neither stops the
 * others nor reaches the caller; its error goes to `onError`. What is removed is not called any more, also when that happens while its event is
 * on the way.
 *
 * @internal
 */
export class Emitter {
  readonly #events = new EventEmitter()
  readonly #onError: (error: unknown, event: string) => void
  /** The listeners that have not been removed, as they were given. */
  readonly #originals = new Map<object, Listener>()

  constructor(onError: (error: unknown, event: string) => void) {
    this.#onError = onError
  }

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

  emit(event: string, ...args: unknown[]): boolean {
    return this.#events.emit(event, ...args)
  }

  /** The listeners as they were given, in the order in which they were added: for what is answered by a return value. */
  listeners(event: string): Listener[] {
    return this.#events.listeners(event).map((isolated) => this.#originals.get(isolated) ?? isolated)
  }

  clear(): void {
    this.#originals.clear()
    this.#events.removeAllListeners()
  }
}
