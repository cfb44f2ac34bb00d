import { validatorOf } from '../contract/contract.ts'
import type { Validator } from '../contract/validator.ts'
import { type ClientRuntime, clientRuntime } from '../runtime/client-runtime.ts'
import { attempt } from '../runtime/maybe-promise.ts'
import type { ClientEvents } from './events.ts'
import { Listeners } from './listeners.ts'
import type { ClientOptions } from './options.ts'

/** Services that all parts of one client share. */
export class ClientContext {
  readonly runtime: ClientRuntime
  readonly validator: Validator
  /** Listeners of the client: for messages to `*`, to its user and to its session, and for its own events. */
  readonly listeners: Listeners
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

  /** Shows a message, gap, snapshot or change of presence to the option `observe`, before its listeners. */
  observe(seen: Parameters<NonNullable<ClientOptions['observe']>>[0]): void {
    attempt(
      () => this.#observe?.(seen) as unknown,
      () => {},
      (error) => this.reportError(error, 'observe'),
    )
  }
}
