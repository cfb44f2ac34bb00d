/** Interval at which a condition is looked at, in milliseconds. */
const interval = 25

/**
 * Waits until a condition on a server or a process holds. A condition that throws does not hold.
 *
 * @throws Error when it does not hold in time, with the last error as its cause.
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  patience = 15_000,
): Promise<void> {
  const deadline = performance.now() + patience
  let cause: unknown
  for (;;) {
    try {
      if (await condition()) return
      cause = undefined
    } catch (error) {
      cause = error
    }
    if (performance.now() > deadline)
      throw new Error(`unable to see ${what} within ${patience} ms`, cause === undefined ? {} : { cause })
    await pause(interval)
  }
}

/**
 * Resolves with a promise.
 *
 * @throws Error when it takes longer than `patience`.
 */
export function within<T>(what: string, promise: Promise<T>, patience = 30_000): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`unable to see ${what} within ${patience} ms`)), patience)
    promise.then(resolve, reject).finally(() => clearTimeout(late))
  })
}

/** Resolves after a time, in milliseconds. */
export function pause(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time))
}
