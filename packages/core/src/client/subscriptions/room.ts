import type { AnyContract, EventName } from '../../contract/contract.ts'
import { Emitter, type Listener } from '../../runtime/emitter.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { ChatError } from '../../vocabulary/errors.ts'
import type { ClientTarget, HistoryOptions, HistoryPage } from '../client.ts'
import { checkListened } from '../operations/checks.ts'
import type { Operation } from '../operations/pending-operations.ts'
import type { Gap, Message, RoomEvents, RoomListener } from '../types.ts'
import type { SnapshotEvent } from './snapshot.ts'
import type { PresenceWatcher, Receiver } from './subscription.ts'
import type { PresenceChange } from './watch-presence.ts'

/**
 * A room's handle, as {@link Client.join} gives it. Usable at once: what is sent goes out when the client is connected. Handles of one room are
 * counted; the room is left with the last. `State` is what its snapshot hook gives.
 */
export interface Room<C extends AnyContract, State = unknown> extends ClientTarget<C> {
  /** The room's address, such as `#lobby`. */
  readonly address: string
  /**
   * Resolves when the hub has taken this client into the room; rejects with a `ChatError` when it refuses. Never an unhandled
   * rejection.
   */
  readonly ready: Promise<void>
  /** Listens to the room's messages and casts by event, or to `$gap`, `$snapshot` and `$leave`; any other name with `$` is a UsageError. Returns what removes the listener. */
  on<K extends EventName<C> | keyof RoomEvents>(event: K, listener: RoomListener<C, K, State>): Undo
  /**
   * The room's durable messages as they come, from now on. Ends when the room is left. At most 1 000 wait for a slow consumer: then the iterator
   * throws a `ChatError` with code `full`.
   */
  messages(): AsyncIterableIterator<Message>
  /** A page of the room's history, oldest first. */
  history(options?: HistoryOptions): Promise<HistoryPage>
  /** Stops receiving, and removes this handle's listeners. */
  leave(): void
}

/** What a room needs of its client. */
export interface RoomHost {
  target(address: string): ClientTarget<AnyContract>
  history(address: string, options: HistoryOptions | undefined): Promise<HistoryPage>
  exit(address: string, receiver: Receiver): void
  watch(address: string, watcher: PresenceWatcher): Undo
  state(address: string, state: unknown): void
  add(operation: Operation): void
  /** Something has changed that is shown. */
  observed(change: PresenceChange): void
  later(delay: number, callback: () => void): Undo
  fault(error: unknown, subject: string): void
}

const longestWait = 1_000
const ownEvents: readonly (keyof RoomEvents)[] = ['$gap', '$snapshot', '$leave']

/**
 * A handle at work.
 *
 * @internal
 */
export class RoomHandle implements Receiver {
  readonly address: string
  readonly ready: Promise<void>
  readonly send: ClientTarget<AnyContract>['send']
  readonly cast: ClientTarget<AnyContract>['cast']
  /** For those who show who is here. */
  readonly host: RoomHost
  readonly #emitter: Emitter
  readonly #iterators = new Set<MessageQueue>()
  #ended = false
  #settle: { resolve: () => void; reject: (error: ChatError) => void } | null = null

  constructor(address: string, host: RoomHost) {
    this.address = address
    this.host = host
    this.#emitter = new Emitter((error, event) => host.fault(error, `${address} ${event}`))
    this.ready = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    this.ready.catch(() => {})
    const target = host.target(address)
    this.send = target.send
    this.cast = target.cast
  }

  on(event: string, listener: Listener): Undo {
    checkListened(event, ownEvents)
    return this.#emitter.on(event, listener)
  }

  history(options?: HistoryOptions): Promise<HistoryPage> {
    return this.host.history(this.address, options)
  }

  messages(): AsyncIterableIterator<Message> {
    const queue = new MessageQueue(longestWait, () => this.#iterators.delete(queue))
    if (this.#ended) queue.end()
    else this.#iterators.add(queue)
    return queue
  }

  leave(): void {
    this.host.exit(this.address, this)
    this.#end(new ChatError('closed', 'unable to receive: the room was left'))
  }

  message(message: Message): void {
    this.#emitter.emit(message.event, message.data, message)
    if (message.durable) for (const queue of this.#iterators) queue.push(message)
  }

  gap(gap: Gap): void {
    this.#emitter.emit('$gap', gap)
  }

  snapshot(snapshot: SnapshotEvent): void {
    this.#emitter.emit('$snapshot', snapshot)
  }

  joined(): void {
    this.#settle?.resolve()
  }

  left(error: ChatError): void {
    this.#emitter.emit('$leave', { address: this.address, error })
    this.#end(error)
  }

  #end(error: ChatError): void {
    this.#ended = true
    this.#settle?.reject(error)
    for (const queue of this.#iterators) queue.end()
    this.#emitter.clear()
  }
}

/** Messages on their way to a `for await`. */
class MessageQueue implements AsyncIterableIterator<Message> {
  readonly #limit: number
  readonly #ended: () => void
  #messages: Message[] = []
  #waiting: ((result: IteratorResult<Message>) => void)[] = []
  #state: 'open' | 'ended' | 'full' = 'open'

  constructor(limit: number, ended: () => void) {
    this.#limit = limit
    this.#ended = ended
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  push(message: Message): void {
    if (this.#state !== 'open') return
    const waiting = this.#waiting.shift()
    if (waiting !== undefined) waiting({ value: message, done: false })
    else if (this.#messages.length < this.#limit) this.#messages.push(message)
    else this.#state = 'full'
  }

  /** What waits is still handed out, and that something is missing is still said. */
  end(): void {
    if (this.#state === 'open') this.#state = 'ended'
    for (const waiting of this.#waiting.splice(0)) waiting({ value: undefined, done: true })
    this.#ended()
  }

  next(): Promise<IteratorResult<Message>> {
    const message = this.#messages.shift()
    if (message !== undefined) return Promise.resolve({ value: message, done: false })
    if (this.#state === 'full') {
      this.#state = 'ended'
      this.#ended()
      return Promise.reject(
        new ChatError('full', `unable to keep up: more than ${this.#limit} messages wait`),
      )
    }
    if (this.#state === 'ended') return Promise.resolve({ value: undefined, done: true })
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  return(): Promise<IteratorResult<Message>> {
    this.#messages = []
    this.#state = 'ended'
    this.end()
    return Promise.resolve({ value: undefined, done: true })
  }
}
