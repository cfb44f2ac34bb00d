import { ChatError } from '../vocabulary/errors.ts'
import type { HubContext } from './context.ts'

/**
 * Waits for a policy's answer, for as long as a policy may take.
 *
 * The timer keeps no process alive: a policy that never answers must not hold a process whose hub is closed. While
 * a client waits, its connection does.
 *
 * @param operation - Completes "unable to …" in the error.
 * @throws ChatError `timeout` when it takes longer.
 */
export function inTime<T>(context: HubContext, answer: PromiseLike<T>, operation: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = context.runtime.timer(
      context.timeouts.policy,
      () => reject(new ChatError('timeout', `unable to ${operation}: the policy did not answer in time`)),
      'upkeep',
    )
    // The promise may be of another library, and throw when it is touched.
    Promise.resolve(answer).then(
      (value) => {
        cancel()
        resolve(value)
      },
      (error) => {
        cancel()
        reject(error)
      },
    )
  })
}
