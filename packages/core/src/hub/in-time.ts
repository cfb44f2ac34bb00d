import { ChatError } from '../vocabulary/errors.ts'
import type { HubContext } from './context.ts'

/**
 * Waits for a policy's answer, for as long as a policy may take.
 *
 * @param operation - Completes "unable to …" in the error.
 * @throws ChatError `timeout` when it takes longer.
 */
export function inTime<T>(context: HubContext, answer: PromiseLike<T>, operation: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = context.runtime.timer(context.timeouts.policy, () =>
      reject(new ChatError('timeout', `unable to ${operation}: the policy did not answer in time`)),
    )
    answer.then(
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
