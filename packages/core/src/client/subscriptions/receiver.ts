import type { ChatError } from '../../vocabulary/errors.ts'
import type { Message } from '../../vocabulary/message.ts'
import type { Position } from '../../vocabulary/position.ts'
import type { ClientContext } from '../context.ts'
import type { SnapshotEvent } from '../snapshot.ts'
import type { Delivery, Gap } from '../types.ts'

/** Events of a subscription, by the name of the receiver's method that takes them. */
export interface EventOf {
  readonly message: Message
  readonly gap: Gap
  readonly snapshot: SnapshotEvent
}

/** Kind of an event of a subscription. */
export type EventKind = keyof EventOf

/** Receiver of the events of a subscription: a room's handle, or the client itself. */
export interface Receiver {
  /**
   * Returns `true` when the application listens to messages, or to the own event of this kind: `$gap` or
   * `$snapshot`.
   */
  hears(kind: EventKind): boolean
  message(message: Delivery): void
  gap(gap: Gap): void
  /** The subscription continues from the application's own state. */
  snapshot(snapshot: SnapshotEvent): void
  /** The hub has accepted the subscription, for the first time or again after a reconnect. */
  joined(): void
  /** The hub refuses the subscription, or has ended it. */
  left(error: ChatError, address: string): void
}

/** Observer of the members of a room. */
export interface PresenceWatcher {
  /**
   * The client has joined the room, on a new connection or at a new position. `answer` is the hub's answer to
   * the `join`; `null` after a `hello`.
   */
  entered(answer: unknown): void
  /** A `presence` frame of the room has arrived. */
  changed(frame: readonly unknown[]): void
  /** The room was left. */
  ended(): void
}

/** Cursor over the log of an address. */
export interface MessageReader {
  /** Takes a live message. */
  push(message: Message): void
  /** The live messages go on after `to`. Those before, and after `from`, did not come. */
  skip(from: Position | null, to: Position): void
  /** Takes no more messages. `error` is that of an end that the application has not asked for. */
  end(error: ChatError | null): void
}

/** Receiver of `*`, of the user's inbox and of the session: the client's own listeners. */
export class ClientReceiver implements Receiver {
  readonly #context: ClientContext
  readonly #wanted: boolean

  /** `wanted` is `false` when messages that arrive before there is a listener need not wait for it. */
  constructor(context: ClientContext, wanted: boolean) {
    this.#context = context
    this.#wanted = wanted
  }

  hears(kind: EventKind): boolean {
    return !this.#wanted || this.#context.listeners.hears(`$${kind}`)
  }

  message(message: Delivery): void {
    this.#context.listeners.emit(message.event, message.data, message)
  }

  gap(gap: Gap): void {
    this.#context.emit('$gap', gap)
  }

  snapshot(snapshot: SnapshotEvent): void {
    this.#context.emit('$snapshot', snapshot)
  }

  joined(): void {}

  left(error: ChatError, address: string): void {
    this.#context.reportError(error, address)
  }
}
