import { platform, type SignalMembers } from './globals.ts'
import type { Undo } from './runtime.ts'

/**
 * A signal and what aborts it.
 *
 * @internal
 */
export interface Aborter {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
}

/** @internal */
export const createAborter = (): Aborter => new platform.AbortController()

/**
 * Why a signal has aborted; `null` while it has not.
 *
 * @internal
 */
export function abortion(signal: AbortSignal | undefined): { readonly reason: unknown } | null {
  const members = signal as unknown as SignalMembers | undefined
  return members?.aborted === true ? { reason: members.reason } : null
}

/** Who listens to which signal: one listener on each, since platforms take many for a leak and warn. */
const listening = new WeakMap<AbortSignal, Shared>()

/** What one signal is listened to for. */
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
 * Calls `listener` with the reason when the signal aborts, at once if it already has. It must not throw.
 *
 * @internal
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
