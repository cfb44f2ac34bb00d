import { isPromise, type MaybePromise } from '../runtime/maybe-promise.ts'
import { systemRuntime } from '../runtime/system-runtime.ts'

/** Time in which a function of the application must answer, in milliseconds. */
const patience = 10_000

/** Results of {@link askApplication}. */
export interface Outcomes<T, R> {
  /** Called with the answer. */
  readonly answered: (answer: T) => R
  /** Called with the error of a function that threw, rejected, or has not answered in time. */
  readonly failed: (error: unknown) => R
}

/**
 * Calls a function of the application, and returns the result of its outcome: in the same call when the
 * function answers at once. Never throws and never rejects.
 */
export function askApplication<T, R>(
  call: () => MaybePromise<T>,
  { answered, failed }: Outcomes<T, R>,
): MaybePromise<R> {
  let answer: MaybePromise<T>
  try {
    answer = call()
    if (isPromise(answer)) return inTime(answer as Promise<T>).then(answered, failed)
  } catch (error) {
    return failed(error)
  }
  return answered(answer)
}

function inTime<T>(answer: PromiseLike<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = systemRuntime.timer(
      patience,
      () =>
        reject(new Error(`unable to wait any longer: the function has not answered within ${patience} ms`)),
      // The socket of the request keeps the process alive while a client waits for the answer.
      'upkeep',
    )
    Promise.resolve(answer).then(resolve, reject).finally(cancel)
  })
}
