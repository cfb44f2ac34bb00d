import type { Validator } from '../contract/validator.ts'
import { Emitter, type Listener } from '../runtime/emitter.ts'
import type { Undo } from '../runtime/runtime.ts'
import { describe } from '../vocabulary/check-options.ts'
import { didYouMean } from '../vocabulary/closest.ts'
import { UsageError } from '../vocabulary/errors.ts'
import { eventNameRule, isEventName } from '../vocabulary/event-name.ts'
import type { ContractNames } from './contract-names.ts'
import type { CallContext, HubEvents } from './events.ts'

/** A handler of a call, without its types. */
export type CallHandler = (input: unknown, context: CallContext) => unknown

const hubEvents: { readonly [Name in keyof HubEvents]: true } = {
  $connect: true,
  $disconnect: true,
  $expire: true,
  $join: true,
  $leave: true,
  $error: true,
}

/** Groups whose names `on` takes, or refuses with an error of its own. */
const listened = ['events', 'serverEvents', 'streams', 'clientStreams', 'calls'] as const

/** Knowledge of the names of events and calls. */
export interface KnownNames {
  readonly validator: Validator
  readonly names: ContractNames
  isServerEvent(event: string): boolean
  isClientStream(event: string): boolean
}

/**
 * The application's listeners for messages and for the hub's own events, and its handlers for calls.
 */
export class HubListeners {
  readonly #names: KnownNames
  readonly #emitter: Emitter
  readonly #handlers = new Map<string, CallHandler>()

  /**
   * @param names - Knows the calls and events of the contract.
   * @param onError - Called with the error of a listener, and the name of the event.
   */
  constructor(names: KnownNames, onError: (error: unknown, event: string) => void) {
    this.#names = names
    this.#emitter = new Emitter(onError)
  }

  /**
   * Adds a listener, and returns a function that removes it.
   *
   * @throws UsageError for a name that is not an event, the name of a call, or a listener that is not a
   * function.
   */
  on(name: string, listener: Listener): Undo {
    const operation = `listen to ${describe(name)}`
    checkFunction(operation, 'listener', listener)
    if (typeof name === 'string' && name.startsWith('$')) checkHubEvent(operation, name)
    else this.#checkEvent(operation, name)
    if (this.#names.validator.has('calls', name) || this.#handlers.has(name))
      throw new UsageError(`unable to ${operation}: it is a call; answer it with hub.handle`)
    if (this.#names.isClientStream(name)) return this.#emitter.on(name, listener)
    if (this.#names.validator.stream(name) !== null)
      throw new UsageError(
        `unable to ${operation}: it is a stream, which only the hub writes, and hub.on hears the clients; its writer's end() and pipe() resolve when the result is stored; move it from 'streams' to 'clientStreams' if clients may write it`,
      )
    if (this.#names.isServerEvent(name))
      throw new UsageError(
        `unable to ${operation}: only the hub sends this event, and hub.on hears the clients; move it from 'serverEvents' to 'events' if clients may send it`,
      )
    return this.#emitter.on(name, listener)
  }

  /**
   * Sets the handler of a call, and returns a function that removes it.
   *
   * @throws UsageError for a name that cannot be called, a name that has listeners or a handler already, or a
   * handler that is not a function.
   */
  handle(name: string, handler: CallHandler): Undo {
    const operation = `handle ${describe(name)}`
    checkFunction(operation, 'handler', handler)
    checkName(operation, name)
    if (this.#names.validator.strict && !this.#names.validator.has('calls', name))
      throw new UsageError(
        `unable to ${operation}: it is not among the contract's calls${this.#names.names.hint(name, ['calls'])}`,
      )
    if (this.#handlers.has(name))
      throw new UsageError(`unable to ${operation}: it has a handler already; remove that handler first`)
    if (this.#emitter.has(name))
      throw new UsageError(
        `unable to ${operation}: hub.on has added listeners to it; a name is an event or a call`,
      )
    const added: CallHandler = (input, context) => handler(input, context)
    this.#handlers.set(name, added)
    return () => {
      // A handler that was set later stays, even when it is the same function.
      if (this.#handlers.get(name) === added) this.#handlers.delete(name)
    }
  }

  /** Returns the end of an error about a call without a handler: the call that was meant, or nothing. */
  hint(name: string): string {
    return didYouMean(name, [...this.#handlers.keys()])
  }

  /** Returns the handler of a call; `undefined` for a name that no handler answers. */
  handler(name: string): CallHandler | undefined {
    return this.#handlers.get(name)
  }

  /** Tells if an event has listeners. */
  has(name: string): boolean {
    return this.#emitter.has(name)
  }

  /** Returns the listeners of an event, in the order in which they were added. */
  listeners(name: string): readonly Listener[] {
    return this.#emitter.listeners(name)
  }

  /** Calls every listener of one of the hub's own events. */
  emit(name: keyof HubEvents, event: unknown): void {
    this.#emitter.emit(name, event)
  }

  /** Removes all listeners and handlers. */
  clear(): void {
    this.#emitter.clear()
    this.#handlers.clear()
  }

  /** @throws UsageError for a name that is no event, and for a name that is nowhere in the contract. */
  #checkEvent(operation: string, name: string): void {
    checkName(operation, name)
    const { validator, names } = this.#names
    const known = listened.some((group) => validator.has(group, name)) || validator.stream(name) !== null
    if (validator.strict && !known)
      throw new UsageError(
        `unable to ${operation}: it is not among the contract's events${names.hint(name, ['events'])}`,
      )
  }
}

function checkFunction(operation: string, role: 'listener' | 'handler', value: unknown): void {
  if (typeof value !== 'function')
    throw new UsageError(`unable to ${operation}: the ${role} must be a function, but is ${describe(value)}`)
}

function checkHubEvent(operation: string, name: string): void {
  if (!Object.hasOwn(hubEvents, name))
    throw new UsageError(
      `unable to ${operation}: the hub has no such event; its own events are ${Object.keys(hubEvents).join(', ')}${didYouMean(name, Object.keys(hubEvents))}`,
    )
}

function checkName(operation: string, name: unknown): void {
  if (typeof name !== 'string' || !isEventName(name))
    throw new UsageError(`unable to ${operation}: ${eventNameRule}`)
}
