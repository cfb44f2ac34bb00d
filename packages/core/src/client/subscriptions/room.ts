import type {
  AnyContract,
  ClientEventName,
  EventName,
  ServerEventName,
  StreamData,
  StreamedCallName,
  StreamName,
} from '../../contract/contract.ts'
import { markRaw } from '../../runtime/mark-raw.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { ChatError, UsageError } from '../../vocabulary/errors.ts'
import type { HistoryOptions, HistoryPage } from '../../vocabulary/history.ts'
import type { RedactedMessage } from '../../vocabulary/message.ts'
import type { Stored } from '../../vocabulary/position.ts'
import type { Connector } from '../connection/connector.ts'
import type { ClientContext } from '../context.ts'
import type { ClientListener, ClientMessage, RoomEvents, StreamListener } from '../events.ts'
import { type Listener, Listeners } from '../listeners.ts'
import { checkListener } from '../operations/checks.ts'
import type { OperationWriter } from '../operations/operation-writer.ts'
import type { Operations } from '../operations/operations.ts'
import type { CastOptions, JoinOptions, SendOptions } from '../options.ts'
import type { ClientTarget } from '../types.ts'
import {
  type AddressEvent,
  emitEvent,
  type MessageReader,
  type PresenceWatcher,
  type Receiver,
} from './receiver.ts'
import type { Subscription } from './subscription.ts'
import type { Subscriptions } from './subscriptions.ts'

/**
 * Handle of a room, as {@link Client.join} returns it. A handle can be used at once: operations wait until
 * the client is connected. The client leaves the room when all handles of the room have left. `State` is the
 * type of the snapshot hook's state.
 */
export interface Room<C extends AnyContract, State = unknown> extends ClientTarget<C> {
  /** Address of the room, such as `#lobby`. */
  readonly address: string
  /**
   * Resolves when the hub has accepted this client in the room, and rejects with a `ChatError` when the hub
   * refuses. Never causes an unhandled rejection.
   */
  readonly ready: Promise<void>
  /**
   * Listens to messages and casts of the room by event, or to `$gap`, `$snapshot` and `$leave`. An error that
   * the listener throws goes to the client's `$error`. The first listener of a message gets those that this
   * handle has received before it. Returns the function that removes the listener.
   *
   * @throws UsageError when the name cannot be an event's, or starts with `$` and is not an event of the
   * room, `listener` is not a function, or the room was left.
   */
  on<K extends keyof RoomEvents>(event: K, listener: (event: RoomEvents<State>[K]) => unknown): Undo
  /** Listens to the messages and casts of an event of the contract. */
  on<K extends EventName<C>>(event: K, listener: ClientListener<C, K>): Undo
  /** Listens to the streams of a name. Names the events too, because the compiler's errors show this signature. */
  on<K extends ClientEventName<C> | ServerEventName<C> | StreamName<C> | StreamedCallName<C>>(
    event: K,
    listener: K extends EventName<C> ? ClientListener<C, K> : StreamListener<StreamData<C, K>>,
  ): Undo
  /** Reads a page of the room's history; see {@link Client.history}. */
  history(options?: HistoryOptions): Promise<HistoryPage<ClientMessage<C> | RedactedMessage>>
  /**
   * Ends this handle, its listeners and its watches of presence. After that `on`, `send`, `cast` and
   * `history` of this handle, and `set` of its presence, are a `UsageError`.
   */
  leave(): void
}

/** Parts of a client that its rooms and their cursors use. */
export interface RoomServices {
  readonly context: ClientContext
  readonly connector: Connector
  readonly writer: OperationWriter
  readonly operations: Operations
  readonly subscriptions: Subscriptions
  /** Id of the user; `null` before the first `welcome`. */
  readonly user: string | null
}

/** Part of a {@link ClientTarget} that its type does not show, for {@link readMessages}. */
export interface LogTarget {
  readonly log: () => {
    readonly address: string
    readonly services: RoomServices
    /** Joins the address, which is a room's. */
    readonly join: () => unknown
  }
}

const ownEvents: readonly (keyof RoomEvents)[] = ['$gap', '$snapshot', '$leave']

/** Implementation of {@link Room}. */
export class RoomHandle implements Receiver {
  /** Marks rooms, also for another copy of this package: a program may hold two, by its bundler or in a monorepo. */
  readonly isChatRoom = true
  readonly address: string
  readonly ready: Promise<void>
  /** Parts of the client, for {@link watchPresence}. */
  readonly services: RoomServices
  readonly subscription: Subscription
  readonly #listeners: Listeners
  /** Watches of presence, which end with this handle. */
  readonly watchers: Set<PresenceWatcher> = new Set()
  /** Cursors over the log of this handle, as {@link readMessages} opens them. */
  readonly readers: Set<MessageReader> = new Set()
  /** `true` after {@link Room.leave}. */
  #left = false
  /** Error of the end; `null` before it. */
  ended: ChatError | null = null
  #settle: { resolve: () => void; reject: (error: ChatError) => void } | null = null

  /**
   * Joins the room.
   *
   * @throws UsageError when the room has a handle already, and the options are for its first.
   */
  constructor(address: string, services: RoomServices, options: JoinOptions) {
    this.address = address
    this.services = services
    this.#listeners = new Listeners((error, event) =>
      services.context.reportError(error, `${address} ${event}`),
    )
    this.ready = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    this.ready.catch(() => {})
    markRaw(this)
    this.subscription = services.subscriptions.join(address, this, options)
  }

  send(event: string, data: unknown, options?: SendOptions): Promise<Stored> {
    return this.#run('send', (operations) => operations.send(this.address, event, data, options))
  }

  cast(event: string, data: unknown, options?: CastOptions): void {
    this.check('cast')
    this.services.operations.cast(this.address, event, data, options)
  }

  on(event: string, listener: Listener): Undo {
    checkListener(event, listener, ownEvents)
    this.check('listen')
    const undo = this.#listeners.add(event, listener)
    this.subscription.listen(this)
    return undo
  }

  history(options: HistoryOptions = {}): Promise<HistoryPage> {
    return this.#run('read the history', (operations) => operations.history(this.address, options))
  }

  /** Not async: the client marks its own promises as handled when it closes, and a further one is not marked. */
  #run<T>(operation: string, run: (operations: Operations) => Promise<T>): Promise<T> {
    try {
      this.check(operation)
    } catch (error) {
      return Promise.reject(error)
    }
    return run(this.services.operations)
  }

  /** @throws UsageError when the application has left this handle. */
  check(operation: string): void {
    if (this.#left)
      throw new UsageError(
        `unable to ${operation}: this handle of ${this.address} has left; join again with client.join`,
      )
  }

  leave(): void {
    this.#left = true
    this.services.subscriptions.leave(this.subscription, this)
    this.#end(new ChatError('closed', 'unable to receive: the room was left'))
  }

  hears(kind: AddressEvent[0]): boolean {
    return this.readers.size > 0 || this.#listeners.hears(`$${kind}`)
  }

  receive(...event: AddressEvent): void {
    emitEvent(this.#listeners, event)
    for (const reader of this.readers) reader.receive(...event)
  }

  joined(): void {
    this.#settle?.resolve()
    this.tellPosition()
  }

  left(error: ChatError): void {
    this.#listeners.emit('$leave', { address: this.address, error })
    this.#end(error)
  }

  /** Tells the cursors where the live messages begin: those before are to be read from the log. */
  tellPosition(): void {
    if (this.readers.size === 0) return
    const { place } = this.subscription
    if (place !== null) for (const reader of this.readers) reader.skipTo(place)
  }

  #end(error: ChatError): void {
    this.ended = error
    this.#settle?.reject(error)
    for (const reader of [...this.readers]) reader.end(unasked(error))
    for (const watcher of this.watchers) watcher.ended()
    this.#listeners.clear()
  }
}

/** Returns the error of an end that the application has not asked for; `null` for its own `leave` or `close`. */
export const unasked = (error: ChatError): ChatError | null => (error.code === 'closed' ? null : error)
