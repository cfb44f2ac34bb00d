import type {
  AnyContract,
  CallName,
  ClientEventName,
  EventName,
  OperationInput,
  PresenceInput,
  ServerEventName,
  StreamData,
  StreamedCallName,
  StreamName,
  Untyped,
} from '../contract/contract.ts'
import type { DataArguments } from '../contract/data-arguments.ts'
import { markRaw } from '../runtime/mark-raw.ts'
import type { Undo } from '../runtime/runtime.ts'
import { type AddressText, destinationKind, type RoomAddress } from '../vocabulary/address.ts'
import { describe } from '../vocabulary/check-options.ts'
import { UsageError } from '../vocabulary/errors.ts'
import type { HistoryOptions, HistoryPage } from '../vocabulary/history.ts'
import type { RedactedMessage } from '../vocabulary/message.ts'
import type { Position } from '../vocabulary/position.ts'
import { ClientContext } from './context.ts'
import type { CallResult, ClientEvents, ClientListener, ClientMessage, StreamListener } from './events.ts'
import type { Listener } from './listeners.ts'
import { checkAddress, checkListener } from './operations/checks.ts'
import { checkByRules, clientRules, joinRules } from './option-rules.ts'
import type { CallOptions, ClientOptions, JoinOptions } from './options.ts'
import { ProtocolSession } from './protocol-session.ts'
import { type LogTarget, type Room, RoomHandle } from './subscriptions/room.ts'
import type { ClientCounters, ClientStatus, ClientTarget } from './types.ts'

const ownEvents: readonly (keyof ClientEvents)[] = ['$status', '$gap', '$snapshot', '$error']

/**
 * Client of a hub. It stays connected, sends to everyone, to rooms and to users, and receives messages in
 * order and once, or a gap that tells which messages are missing.
 *
 * ```ts
 * const client = new Client({ dial, token: 'alice' })
 * const lobby = client.join('#lobby')
 * lobby.on('say', ({ text }, { from }) => show(from, text))
 * await lobby.send('say', { text: 'hi' })
 * ```
 *
 * Status: `connecting` → `connected` ↔ `reconnecting` → `closed`. The client reconnects with growing delays,
 * until it is closed or the hub forbids further attempts; then it is `closed`, with the error in `$status`.
 */
export class Client<C extends AnyContract = Untyped> {
  readonly #context: ClientContext
  readonly #session: ProtocolSession

  /**
   * Creates a client, which connects at the end of the turn: listeners that are added in this turn miss no
   * event.
   *
   * @throws UsageError when an option does not exist or has a wrong value, or `dial` is not a function.
   */
  constructor(options: ClientOptions<C>) {
    const operation = 'create a client'
    checkByRules(operation, options as ClientOptions, clientRules)
    if (typeof options?.dial !== 'function')
      throw new UsageError(
        `unable to ${operation}: give the option 'dial', a function that makes connections`,
      )
    markRaw(this)
    this.#context = new ClientContext(options as ClientOptions)
    this.#session = new ProtocolSession(this.#context, options as ClientOptions)
    this.#session.start(options.environment)
  }

  /** Status of the connection. */
  get status(): ClientStatus {
    return this.#session.connector.status
  }

  /** Wait until the next attempt to connect, in milliseconds; `null` while the client does not wait for one. */
  get retryIn(): number | null {
    return this.#session.connector.retryIn
  }

  /** Id of this client's user, as the hub knows it; `null` before the first connection. */
  get user(): string | null {
    return this.#session.user
  }

  /** Public id of this client's session; `null` before the first connection. */
  get session(): string | null {
    return this.#session.id
  }

  /**
   * Positions in the logs of all addresses that this client receives, before the messages that wait for a
   * listener, and given `positions` that no room has used yet. Save them before a reload, and give them to the next
   * client as `positions`; {@link keepPositions} does so by itself. The object is frozen, and the same while no
   * position has changed.
   */
  get positions(): Readonly<Record<string, Position>> {
    return this.#session.subscriptions.positions
  }

  /** Numbers of frames that this client has ignored so far. */
  get counters(): Readonly<ClientCounters> {
    return { ...this.#session.counters }
  }

  /**
   * Joins a room. Each call returns a handle of its own. A name from a variable becomes an address with
   * `address.room(name)`.
   *
   * @throws UsageError when the address is not a room's, the client is closed, an option does not exist or
   * has a wrong value, or a snapshot hook or `last` is given for a room that has a handle already.
   */
  join<State = unknown>(
    address: RoomAddress,
    options: JoinOptions<State, PresenceInput<C>> = {},
  ): Room<C, State> {
    if (destinationKind(address) !== 'room')
      throw new UsageError(`unable to join ${describe(address)}: a room's address is '#' and a name`)
    checkByRules(`join ${address}`, options as JoinOptions, joinRules)
    this.#session.connector.checkOpen(`join ${address}`)
    const room = new RoomHandle(address, this.#session, options as JoinOptions)
    return room as unknown as Room<C, State>
  }

  /**
   * Returns a target to send messages and casts to: `*` for everyone, `#name` for a room, `@id` for a user,
   * `~id` for a session (casts only).
   *
   * @throws UsageError when the text is not an address.
   */
  to<A extends string>(address: AddressText<A>): ClientTarget<C> {
    checkAddress(address)
    const services = this.#session
    const { operations } = services
    const target: Pick<RoomHandle, 'send' | 'cast'> & LogTarget = {
      send: (event, data, options) => operations.send(address, event, data, options),
      cast: (event, data, options) => operations.cast(address, event, data, options),
      log: () => ({ address, services, join: () => this.join(address as RoomAddress) }),
    }
    return target as unknown as ClientTarget<C>
  }

  /**
   * Listens to the messages and casts to `*`, to this client's user and to its session; messages to a room go
   * to the room's own `on`. A name with `$` listens to one of the client's own events. An error that the
   * listener throws goes to `$error` and stops no other listener. The first listener of a message gets those that
   * have arrived before it, unless the option `inbox` is `false`. Returns the function that removes the
   * listener.
   *
   * @throws UsageError when the name cannot be an event's, is an ask's, or starts with `$` and is not among
   * the client's own events, or `listener` is not a function.
   */
  on<K extends keyof ClientEvents>(event: K, listener: (event: ClientEvents[K]) => unknown): Undo
  /** Listens to the messages and casts of an event of the contract. */
  on<K extends EventName<C>>(event: K, listener: ClientListener<C, K>): Undo
  /** Listens to the streams of a name. Names the events too, because the compiler's errors show this signature. */
  on<K extends ClientEventName<C> | ServerEventName<C> | StreamName<C> | StreamedCallName<C>>(
    event: K,
    listener: K extends EventName<C> ? ClientListener<C, K> : StreamListener<StreamData<C, K>>,
  ): Undo
  on(event: string, listener: Listener): Undo {
    checkListener(event, listener, ownEvents)
    const { listeners, validator, asks } = this.#context
    if (validator.has('asks', event) || asks?.has(event))
      throw new UsageError(
        `unable to listen to '${event}': it is an ask; use handleAsk(client, '${event}', …) to answer it`,
      )
    const undo = listeners.add(event, listener)
    this.#session.subscriptions.listenToOwn()
    return undo
  }

  /**
   * Calls the hub, and resolves with its answer: for a call that is answered by a stream, with the reader of the
   * stream, also when the answer of the hub is lost with the connection. Rejects with the reason of `signal` when
   * that aborts first.
   *
   * @throws ChatError with the hub's code when the hub refuses; `not_found` when it does not handle the call;
   * `timeout` when there is no answer in time and the call was not written, or is `idempotent`.
   * @throws UncertainError when the call was written and there is no answer in time, or the connection is
   * lost before the answer; not when the call is `idempotent`.
   * @throws UsageError when an option does not exist or has a wrong value, or the client is closed.
   */
  call<K extends CallName<C>>(
    call: K,
    ...rest: DataArguments<OperationInput<C, 'calls', K>, CallOptions>
  ): Promise<CallResult<C, K>> {
    const [input, options] = rest
    const caller = this.#context.streams ?? this.#session.operations
    return caller.call(call, input, options) as Promise<CallResult<C, K>>
  }

  /**
   * Reads a page of the history of an address. Its messages are a union with a member for each event of the
   * contract, which `event` tells apart; a message that was redacted has the event `$redacted`. A stream is one
   * message, whose data is its reader.
   *
   * @throws ChatError `forbidden` when the policy of the hub forbids it, `bad_request` for `after` together
   * with `before`.
   * @throws UsageError when an option does not exist or has a wrong value, or the client is closed.
   */
  history<A extends string>(
    address: AddressText<A>,
    options: HistoryOptions = {},
  ): Promise<HistoryPage<ClientMessage<C> | RedactedMessage>> {
    return this.#session.operations.history(address, options) as Promise<
      HistoryPage<ClientMessage<C> | RedactedMessage>
    >
  }

  /**
   * Connects now instead of after the wait for the next attempt, for example when a user presses "Try again";
   * when there is a connection, checks at once that it is alive. A wait that the hub has asked for stays.
   *
   * @throws UsageError when the client is closed.
   */
  reconnect(): void {
    this.#session.connector.checkOpen('reconnect')
    this.#session.reconnect()
  }

  /**
   * Ends the client for good: closes the connection, rejects waiting operations as `closed`, and removes all
   * timers, listeners and handlers.
   */
  close(): void {
    this.#session.connector.close()
    this.#context.close()
  }
}
