import type { AppendResult } from '../../backplane/backplane.ts'
import { isPromise, type MaybePromise } from '../../runtime/maybe-promise.ts'
import type { HubContext } from '../context.ts'
import { type Append, isFinal } from './append.ts'
import { AppendLane } from './append-lane.ts'
import { ObservedAppend } from './observed-append.ts'

/**
 * The appends of one sender, by address. Several appends may be on their way to a log that is across a
 * network; they are stored and answered in their order.
 */
export class Appends {
  readonly #context: HubContext
  /** The appends that wait for the log, by address; `null` while there is none. */
  #lanes: Map<string, AppendLane> | null = null

  constructor(context: HubContext) {
    this.#context = context
  }

  /** Appends a message. Its answer comes in this very call when the log answers at once. */
  append(address: string, append: Append): void {
    const context = this.#context
    const observed = context.observe === null ? null : new ObservedAppend(context, address, append)
    const request = observed ?? append
    const open = this.#lanes?.get(address)
    if (open !== undefined) {
      observed?.wait()
      return open.append(request)
    }
    let answer: MaybePromise<AppendResult>
    try {
      answer = this.#context.backplane.append(address, request.message, request.key)
    } catch (error) {
      answer = Promise.reject(error)
    }
    if (!isPromise(answer) && isFinal(answer)) return request.answered(answer)
    observed?.wait()
    const lane = new AppendLane(this.#context, address, () => this.#remove(address))
    this.#lanes ??= new Map()
    this.#lanes.set(address, lane)
    lane.adopt(request, answer)
  }

  /** Calls `then` after the answers to the earlier appends of an address, at once when there are none. */
  afterAnswers(address: string, then: () => void): void {
    const lane = this.#lanes?.get(address)
    if (lane === undefined) then()
    else lane.afterAnswers(then)
  }

  #remove(address: string): void {
    this.#lanes?.delete(address)
    if (this.#lanes?.size === 0) this.#lanes = null
  }
}
