import { validatorOf } from '../contract/contract.ts'
import type { Validator } from '../contract/validator.ts'
import { type ClientRuntime, clientRuntime } from '../runtime/client-runtime.ts'
import { attempt } from '../runtime/maybe-promise.ts'
import { unheardErrors, type WriteUnheard } from '../runtime/unheard-errors.ts'
import type { AskAnswers } from './ask-answers.ts'
import type { ClientEvents } from './events.ts'
import { Listeners } from './listeners.ts'
import type { ClientObservation } from './observation.ts'
import type { ClientOptions } from './options.ts'
import type { SendKeeper } from './send-keeper.ts'
import type { StreamReading } from './stream-reading.ts'
import type { Delivery } from './types.ts'

/** Fact of a type, without its type. */
type DetailOf<T> = Omit<Extract<ClientObservation, { readonly type: T }>, 'type'>

/** Services that all parts of one client share. */
export class ClientContext {
  readonly runtime: ClientRuntime
  readonly validator: Validator
  /** Listeners of the client: for messages to `*`, to its user and to its session, and for its own events. */
  readonly listeners: Listeners
  /** Reading of streams; `null` for a contract without streams. */
  streams: StreamReading | null = null
  /** Functions that are called when the hub asks to end a stream that this client writes, by its address. */
  writings: Map<unknown, () => void> | null = null
  /** Public id of the session; `null` before the first `welcome`. */
  session: string | null = null
  /** Answers to asks; `null` while the application has added no handler. */
  asks: AskAnswers | null = null
  /** Outbox that keeps the sends, if there is one. */
  outbox: SendKeeper | undefined
  readonly #observe: ClientOptions['observe']
  /** `null` when errors without a listener are not written. */
  #writeUnheard: WriteUnheard | null

  constructor({ runtime, contract, observe, logErrors }: ClientOptions) {
    this.runtime = runtime ?? clientRuntime
    this.#writeUnheard =
      logErrors === false ? null : unheardErrors(this.runtime, "listen with client.on('$error', …)")
    this.validator = validatorOf(contract)
    this.listeners = new Listeners((error, event) => this.reportError(error, event))
    this.#observe = observe
  }

  /** Emits one of the client's own events. */
  emit<K extends keyof ClientEvents>(event: K, detail: ClientEvents[K]): void {
    this.listeners.emit(event, detail)
  }

  /**
   * Emits `$error`, or writes the error when it has no listener. An error of a listener of `$error` itself is
   * written, because its report would fail again. Attempts to connect are not: `$status` tells of them.
   */
  reportError(error: unknown, subject: string): void {
    if (subject !== '$error' && this.listeners.has('$error')) this.emit('$error', { error, subject })
    else if (subject !== 'connect') this.#writeUnheard?.(`'${subject}'`, error)
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

  /** Removes the listeners and handlers of a client that is closed. It writes no errors any more. */
  close(): void {
    this.listeners.clear()
    this.asks?.clear()
    this.#writeUnheard = null
  }

  /** Shows a fact to the option `observe`, without effects of its errors. */
  observe<T extends ClientObservation['type']>(type: T, detail: DetailOf<T>): void {
    const observer = this.#observe
    if (observer === undefined) return
    attempt(
      () => observer({ type, ...detail } as unknown as ClientObservation),
      () => {},
      (error) => this.reportError(error, 'observe'),
    )
  }
}
