/** A value, or a promise of it. What can be had at once is handed over at once: no tick is paid for a seam nobody uses. */
export type MaybePromise<T> = T | Promise<T>

/**
 * Goes on with a value as soon as it is there: in this very call when it is no promise.
 *
 * @internal
 */
export function whenReady<T>(
  value: MaybePromise<T>,
  next: (value: T) => void,
  failed: (error: unknown) => void,
): void {
  if (isPromise(value)) value.then(next as (value: unknown) => void, failed)
  else next(value)
}

/**
 * Calls a function that may throw, reject, return or promise, and goes on with its outcome.
 *
 * @internal
 */
export function attempt<T>(
  run: () => MaybePromise<T>,
  next: (value: T) => void,
  failed: (error: unknown) => void,
): void {
  let value: MaybePromise<T>
  try {
    value = run()
  } catch (error) {
    failed(error)
    return
  }
  whenReady(value, next, failed)
}

/** Returns `true` for a promise, also of another library. */
export const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
