import type {
  AnyContract,
  AskName,
  CallName,
  EventInput,
  EventName,
  OperationInput,
  OperationResult,
  Untyped,
} from '../contract/contract.ts'
import { Validator } from '../contract/validator.ts'
import { Emitter, type Listener } from '../runtime/emitter.ts'
import type { Runtime, Undo } from '../runtime/runtime.ts'
import { systemRuntime } from '../runtime/system-runtime.ts'
import { addressKind } from '../vocabulary/address.ts'
import { UsageError } from '../vocabulary/errors.ts'
import type { Position, Stored } from '../vocabulary/position.ts'
import { answerAsk } from './operations/answer-ask.ts'
import { checkAddress, checkEvent, checkListened } from './operations/checks.ts'
import { Operations } from './operations/operations.ts'
import type { ClientOptions, JoinOptions } from './options.ts'
import { ProtocolSession } from './protocol-session.ts'
import { type Room, RoomHandle } from './subscriptions/room.ts'
import type { SnapshotEvent } from './subscriptions/snapshot.ts'
import type { PresenceChange } from './subscriptions/watch-presence.ts'
import type { ClientCounters, ClientEvents, ClientListener, ClientStatus, Gap, Message } from './types.ts'

const ownEvents: readonly (keyof ClientEvents)[] = ['$status', '$gap', '$snapshot', '$error']

/** An address to speak to. */
export interface ClientTarget<C extends AnyContract> {
  /**
   * Publishes a durable message, and resolves once the log has accepted it. Waits for a connection when there is none, and is repeated after a
   * reconnect; stored once all the same.
   *
   * @throws ChatError with the hub's code when it refuses; `bad_payload` or `too_large` before anything is sent; `full` when too much waits already.
   * @throws UncertainError when it may or may not have been stored: no answer within a minute, a session that could not be resumed, or `signal` aborted
   * after it was written.
   */
  send<K extends EventName<C>>(
    event: K,
    data: EventInput<C, K>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Stored>
  /**
   * Publishes a volatile message: typing, a cursor. Dropped when there is no connection or too much to send. Of casts with one `key` to one address
   * only the newest matters: it waits until it can be written, in the place of the older ones (256 keys and 64 KiB, then the oldest is dropped). Never
   * reports back.
   *
   * @throws ChatError `bad_payload` when the contract forbids it.
   */
  cast<K extends EventName<C>>(event: K, data: EventInput<C, K>, options?: { readonly key?: string }): void
}

/** Which page of an address's history to read; `after` and `before` are offsets, exclusive. Neither: the newest. */
export interface HistoryOptions {
  readonly after?: number
  readonly before?: number
  /** How many, at most. Default: 50, at most 1 000. */
  readonly limit?: number
  /** Stops waiting. */
  readonly signal?: AbortSignal
}

/** A page of history. */
export interface HistoryPage {
  readonly epoch: string
  /** The place of the last message that is no longer kept. */
  readonly base: number
  /** The place of the newest message. */
  readonly top: number
  /** Oldest first. */
  readonly messages: readonly Message[]
  /** Whether there are further ones in that direction. */
  readonly more: boolean
}

/** What a {@link Client.call} may be given. */
export interface CallOptions {
  /** How long to wait for the answer, in milliseconds. Default: `callTimeout` of the client. */
  readonly timeout?: number
  /** Running it twice does no harm: it is repeated after a reconnect. Default: `false`, then a lost connection makes it uncertain. */
  readonly idempotent?: boolean
  /** Stops waiting. */
  readonly signal?: AbortSignal
}

/**
 * One client of a hub: stays connected, speaks to everyone, to a room or to one person, and receives in order and once, or is told what is missing.
 *
 * ```ts
 * const client = new Client({ dial, token: 'alice' })
 * const lobby = client.join('#lobby')
 * lobby.on('say', ({ text }, { from }) => show(from, text))
 * await lobby.send('say', { text: 'hi' })
 * ```
 *
 * Status: `connecting` → `connected` ↔ `reconnecting` → `closed`. It reconnects for ever, with growing patience, unless the hub says it never may;
 * then it is `closed`, with the error in `$status`.
 */
export class Client<C extends AnyContract = Untyped> {
  readonly #runtime: Runtime
  readonly #guard: Validator
  readonly #emitter: Emitter
  readonly #wire: ProtocolSession
  readonly #calls: Operations
  readonly #observe: ClientOptions['observe']

  /** Connects at once. */
  constructor(options: ClientOptions<C>) {
    this.#runtime = options.runtime ?? systemRuntime
    this.#guard = new Validator(options.contract)
    this.#observe = options.observe
    this.#emitter = new Emitter((error, event) => this.#fault(error, event))
    this.#wire = new ProtocolSession(options as ClientOptions, this.#runtime, {
      message: (message) => this.#emitter.emit(message.event, message.data, message),
      accept: (message) => this.#accept(message),
      told: (what) => this.#see(what),
      gap: (gap) => this.#emit('$gap', gap),
      snapshot: (snapshot) => this.#emit('$snapshot', snapshot),
      status: (status, error) => this.#emit('$status', { status, error }),
      ask: (ask, event, data, signal) =>
        answerAsk(this.#emitter, this.#guard, { ask, event, data, signal }, this.#wire),
      fault: (error, subject) => this.#fault(error, subject),
    })
    this.#calls = new Operations(this.#wire, this.#guard, this.#runtime, options.callTimeout ?? 30_000)
    this.#wire.start()
  }

  /** Where this client stands. */
  get status(): ClientStatus {
    return this.#wire.status
  }

  /** The id of this client's user, as the hub knows it; `null` before the first connection. */
  get user(): string | null {
    return this.#wire.user
  }

  /** The public id of this client's session; `null` before the first connection. */
  get session(): string | null {
    return this.#wire.sessionId
  }

  /**
   * The places of everything this client receives, and those given to it that nothing has asked for yet: save them before a reload, and give them
   * back as `positions`.
   */
  get positions(): Readonly<Record<string, Position>> {
    return this.#wire.positions
  }

  /** What this client has ignored so far. */
  get counters(): Readonly<ClientCounters> {
    return { ...this.#wire.counters }
  }

  /**
   * Joins a room. Each call gives a handle of its own.
   *
   * @throws UsageError when the address is no room, the client is closed, or a snapshot hook comes with another handle than the first.
   */
  join<State = unknown>(address: string, options: JoinOptions<State> = {}): Room<C, State> {
    if (addressKind(address) !== 'room')
      throw new UsageError(`unable to join ${JSON.stringify(address)}: a room's address is '#' and a name`)
    this.#open('join')
    const handle = new RoomHandle(address, {
      target: (to) => this.to(to) as unknown as ClientTarget<AnyContract>,
      history: (of, options) => this.history(of, options),
      exit: (of, receiver) => this.#wire.exit(of, receiver),
      watch: (of, watcher) => this.#wire.watch(of, watcher),
      state: (of, state) => this.#wire.state(of, state),
      add: (operation) => this.#wire.add(operation),
      later: (delay, callback) => this.#runtime.timer(delay, callback),
      observed: (change) => this.#see(change),
      fault: (error, subject) => this.#fault(error, subject),
    })
    this.#wire.enter(address, handle, options)
    return handle as unknown as Room<C, State>
  }

  /**
   * Something to speak to: `*` everyone, `#name` a room, `@id` a person, `~id` a session (casts only).
   *
   * @throws UsageError when it is no address.
   */
  to(address: string): ClientTarget<C> {
    checkAddress(address)
    return {
      send: (event, data, options) => this.#calls.send(address, event, data, options?.signal),
      cast: (event, data, options) => this.#calls.cast(address, event, data, options?.key),
    }
  }

  /**
   * Listens to what is addressed to this client: to `*`, to its user, to its session; never to rooms, which have their own `on`. For an ask's name, the
   * first listener answers it: what it returns is the answer, a `ChatError` it throws is the refusal. For a name with `$`, one of the
   * client's own events. A listener that throws harms nobody; its error goes to `$error`. Returns what removes it.
   *
   * @throws UsageError when the name starts with `$` and is none of the client's own events.
   */
  on<K extends keyof ClientEvents | EventName<C> | AskName<C>>(
    event: K,
    listener: ClientListener<C, K>,
  ): Undo {
    checkListened(event, ownEvents)
    return this.#emitter.on(event, listener as Listener)
  }

  /**
   * Calls the hub, and resolves with its answer.
   *
   * @throws ChatError with the hub's code when it refuses, `not_found` when nobody there answers, `timeout` when the time is up and nothing was written, or
   * it is `idempotent`.
   * @throws UncertainError when it was written and the time is up, or the connection lost, before the answer; not when it is `idempotent`.
   */
  call<K extends CallName<C>>(
    call: K,
    input: OperationInput<C, 'calls', K>,
    options: CallOptions = {},
  ): Promise<OperationResult<C, 'calls', K>> {
    return this.#calls.call(call, input, options) as Promise<OperationResult<C, 'calls', K>>
  }

  /** Publishes a volatile message to an address: `to(address).cast(event, data)`. */
  cast<K extends EventName<C>>(
    address: string,
    event: K,
    data: EventInput<C, K>,
    options?: { readonly key?: string },
  ): void {
    this.to(address).cast(event, data, options)
  }

  /**
   * Reads a page of an address's history.
   *
   * @throws ChatError `forbidden` when this client may not, `bad_request` for `after` together with `before`.
   */
  history(address: string, options: HistoryOptions = {}): Promise<HistoryPage> {
    return this.#calls.history(address, options)
  }

  /** Ends for good: what waits is rejected as `closed`, the connection is closed, timers and listeners are gone. */
  close(): void {
    this.#wire.close()
    this.#emitter.clear()
  }

  #open(operation: string): void {
    if (this.status === 'closed')
      throw new UsageError(`unable to ${operation}: the client is closed; make a new one`)
  }

  /** The receiver validates and hands on the output. What does not fit is not handed on at all. */
  #accept(received: Message): Message | null {
    try {
      // The client's own events are nobody else's to raise.
      checkEvent(received.event)
      const message = { ...received, data: this.#guard.event(received.event, received.data) }
      this.#see(message)
      return message
    } catch (error) {
      this.#fault(error, `${received.address} ${received.event}`)
      return null
    }
  }

  #see(seen: Message | Gap | SnapshotEvent | PresenceChange): void {
    try {
      this.#observe?.(seen)
    } catch (error) {
      this.#fault(error, 'observe')
    }
  }

  #emit<K extends keyof ClientEvents>(event: K, detail: ClientEvents[K]): void {
    this.#emitter.emit(event, detail)
  }

  #fault(error: unknown, subject: string): void {
    // A listener of $error that fails itself has nobody left to tell.
    if (subject !== '$error') this.#emit('$error', { error, subject })
  }
}
