import { platform, type SignalMembers } from './globals.ts'
import type { Undo } from './runtime.ts'

/**
 * A signal and its abort.
 */
export interface Aborter {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
}

/** Makes a signal that is not aborted yet. */
export const createAborter = (): Aborter => new platform.AbortController()

/** Makes its signal, and the reason of its abort, when the signal is looked at: most signals never are. */
export class LateAborter {
  #aborter: Aborter | null = null
  #reason: (() => unknown) | null = null

  get signal(): AbortSignal {
    if (this.#aborter === null) {
      this.#aborter = createAborter()
      if (this.#reason !== null) this.#aborter.abort(this.#reason())
    }
    return this.#aborter.signal
  }

  /** Aborts the signal; only the first call counts. */
  abort(reason: () => unknown): void {
    if (this.#reason !== null) return
    this.#reason = reason
    this.#aborter?.abort(reason())
  }
}

/** Tells if a value that an application gave is a signal. */
export function isSignal(value: unknown): value is AbortSignal {
  const members = value as Partial<SignalMembers> | null | undefined
  return typeof members?.aborted === 'boolean' && typeof members.addEventListener === 'function'
}

/**
 * Returns the reason of an aborted signal; `null` while it is not aborted.
 */
export function abortion(signal: AbortSignal | undefined): { readonly reason: unknown } | null {
  const members = signal as unknown as SignalMembers | undefined
  return members?.aborted === true ? { reason: members.reason } : null
}

/** One listener for each signal: platforms take many listeners on one signal for a leak, and warn. */
const listening = new WeakMap<AbortSignal, Shared>()

/** All callbacks of one signal. */
class Shared {
  readonly #signal: AbortSignal
  readonly #listeners = new Set<{ readonly listener: (reason: unknown) => void }>()
  readonly #fire = (): void => {
    const { reason } = this.#members
    for (const entry of [...this.#listeners]) if (this.#listeners.delete(entry)) entry.listener(reason)
  }

  constructor(signal: AbortSignal) {
    this.#signal = signal
    this.#members.addEventListener('abort', this.#fire, { once: true })
  }

  add(listener: (reason: unknown) => void): Undo {
    const entry = { listener }
    this.#listeners.add(entry)
    return () => {
      if (!this.#listeners.delete(entry) || this.#listeners.size > 0) return
      this.#members.removeEventListener('abort', this.#fire)
      listening.delete(this.#signal)
    }
  }

  get #members(): SignalMembers {
    return this.#signal as unknown as SignalMembers
  }
}

/**
 * Calls `listener` with the reason when the signal aborts, at once if it is aborted already. The listener
 * must not throw.
 */
export function onAbort(signal: AbortSignal | undefined, listener: (reason: unknown) => void): Undo {
  if (signal === undefined) return () => {}
  const early = abortion(signal)
  if (early !== null) {
    listener(early.reason)
    return () => {}
  }
  let shared = listening.get(signal)
  if (shared === undefined) {
    shared = new Shared(signal)
    listening.set(signal, shared)
  }
  return shared.add(listener)
}

/** Settles as `promise` does, or rejects with the reason of the signal when that is aborted first. */
export function untilAborted<T>(signal: AbortSignal | undefined, promise: Promise<T>): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const ignore = onAbort(signal, reject)
    promise.then(resolve, reject).finally(ignore)
  })
}
