/**
 * A value, or a promise of it. A value is used in the same call, so a seam that answers at once costs no
 * tick.
 */
export type MaybePromise<T> = T | Promise<T>

/**
 * Calls `next` with a value: in the same call when it is no promise.
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
 * Runs a function and hands on its outcome, returned or promised, thrown or rejected. Stays in the same call
 * when it can.
 */
export function attempt<T>(
  run: () => MaybePromise<T>,
  next: (value: T) => void,
  failed: (error: unknown) => void,
): void {
  let value: MaybePromise<T>
  try {
    value = run()
    // The promise may be of another library, and throw when it is touched.
    if (isPromise(value)) {
      Promise.resolve(value).then(next, failed)
      return
    }
  } catch (error) {
    failed(error)
    return
  }
  next(value)
}

/** Passes a value on and returns the result: in the same call when the value is no promise. */
export function chain<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return isPromise(value) ? (value as Promise<T>).then(next) : next(value)
}

/** Returns `true` for a promise, also of another library. */
export const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
