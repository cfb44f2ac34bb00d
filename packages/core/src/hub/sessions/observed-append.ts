import type { AppendKey, NewMessage } from '../../backplane/backplane.ts'
import type { HubContext } from '../context.ts'
import type { Append, Appended } from './append.ts'

/** A message for the log whose answer is shown to the observer of the hub. */
export class ObservedAppend implements Append {
  readonly #context: HubContext
  readonly #address: string
  readonly #append: Append
  /** Time at which the log had not answered in the call; `null` before that. */
  #since: number | null = null

  constructor(context: HubContext, address: string, append: Append) {
    this.#context = context
    this.#address = address
    this.#append = append
  }

  /** Called when the log has not answered in the call. A clock is read for no other append. */
  wait(): void {
    this.#since = this.#context.runtime.now()
  }

  get message(): NewMessage {
    return this.#append.message
  }

  get key(): AppendKey {
    return this.#append.key
  }

  next(): void {
    this.#append.next()
  }

  answered(result: Appended): void {
    const { event, from, id } = this.#append.message
    const { outcome } = result
    const took = this.#since === null ? 0 : this.#context.runtime.now() - this.#since
    this.#context.observe?.({ type: 'append', address: this.#address, event, from, id, outcome, took })
    this.#append.answered(result)
  }
}
