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

interface Callback {
  readonly run: (reason: unknown) => void
}

/** Callbacks by signal. A signal has one listener: platforms take many listeners for a leak, and warn. */
const callbacks = new WeakMap<AbortSignal, Set<Callback>>()

/**
 * Calls `run` with the reason when the signal aborts, at once if it is aborted already. The callback must not throw.
 */
export function onAbort(signal: AbortSignal | undefined, run: (reason: unknown) => void): Undo {
  const early = abortion(signal)
  if (early !== null) run(early.reason)
  if (signal === undefined || early !== null) return () => {}
  const members = signal as unknown as SignalMembers
  const callback = { run }
  const waiting = callbacks.get(signal) ?? new Set()
  if (waiting.size === 0) members.addEventListener('abort', callAll)
  callbacks.set(signal, waiting.add(callback))
  return () => {
    if (waiting.delete(callback) && waiting.size === 0) members.removeEventListener('abort', callAll)
  }
}

function callAll({ target }: { readonly target: unknown }): void {
  const signal = target as AbortSignal & SignalMembers
  for (const { run } of callbacks.get(signal) ?? []) run(signal.reason)
}

/** Settles as `promise` does, or rejects with the reason of the signal when that is aborted first. */
export function untilAborted<T>(signal: AbortSignal | undefined, promise: Promise<T>): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const ignore = onAbort(signal, reject)
    promise.then(resolve, reject).finally(ignore)
  })
}
