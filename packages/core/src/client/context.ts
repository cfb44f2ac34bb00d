import { validatorOf } from '../contract/contract.ts'
import type { Validator } from '../contract/validator.ts'
import { type ClientRuntime, clientRuntime } from '../runtime/client-runtime.ts'
import { attempt } from '../runtime/maybe-promise.ts'
import type { ClientEvents } from './events.ts'
import { Listeners } from './listeners.ts'
import type { ClientOptions } from './options.ts'
import type { StreamReading } from './stream-reading.ts'
import type { Delivery } from './types.ts'

/** Services that all parts of one client share. */
export class ClientContext {
  readonly runtime: ClientRuntime
  readonly validator: Validator
  /** Listeners of the client: for messages to `*`, to its user and to its session, and for its own events. */
  readonly listeners: Listeners
  /** Reading of streams; `null` for a contract without streams. */
  streams: StreamReading | null = null
  readonly #observe: ClientOptions['observe']

  constructor({ runtime, contract, observe }: ClientOptions) {
    this.runtime = runtime ?? clientRuntime
    this.validator = validatorOf(contract)
    this.listeners = new Listeners((error, event) => this.reportError(error, event))
    this.#observe = observe
  }

  /** Emits one of the client's own events. */
  emit<K extends keyof ClientEvents>(event: K, detail: ClientEvents[K]): void {
    this.listeners.emit(event, detail)
  }

  /**
   * Emits `$error`. An error of a listener of `$error` itself is dropped, because its report would fail
   * again.
   */
  reportError(error: unknown, subject: string): void {
    if (subject !== '$error') this.emit('$error', { error, subject })
  }

  /**
   * Returns a message or a cast as listeners get it, with the data that the contract's validator returns or with
   * the reader of a stream; `null` when it is nothing for listeners.
   *
   * @throws ChatError when it does not fit the contract.
   */
  convert<R extends Delivery>(received: R): R | null {
    const streamed = this.streams?.accept(received)
    if (streamed !== undefined) return streamed as R | null
    const data = this.validator.event(received.event, received.data)
    return data === received.data ? received : { ...received, data }
  }

  /** Shows a message, gap, snapshot or change of presence to the option `observe`, before its listeners. */
  observe(seen: Parameters<NonNullable<ClientOptions['observe']>>[0]): void {
    attempt(
      () => this.#observe?.(seen) as unknown,
      () => {},
      (error) => this.reportError(error, 'observe'),
    )
  }
}
