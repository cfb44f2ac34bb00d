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

/**
 * Calls `listener` with the reason when the signal aborts, at once if it already has.
 *
 * @internal
 */
export function onAbort(signal: AbortSignal | undefined, listener: (reason: unknown) => void): Undo {
  if (signal === undefined) return () => {}
  const members = signal as unknown as SignalMembers
  const fire = (): void => listener(members.reason)
  if (members.aborted) {
    fire()
    return () => {}
  }
  members.addEventListener('abort', fire, { once: true })
  return () => members.removeEventListener('abort', fire)
}
