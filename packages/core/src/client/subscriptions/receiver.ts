import type { ChatError } from '../../vocabulary/errors.ts'
import type { Position } from '../../vocabulary/position.ts'
import type { ClientContext } from '../context.ts'
import type { Listeners } from '../listeners.ts'
import type { SnapshotEvent } from '../snapshot.ts'
import type { Delivery, Gap } from '../types.ts'

/** Event of an address, after its kind. */
export type AddressEvent =
  | readonly [kind: 'message', event: Delivery]
  | readonly [kind: 'gap', event: Gap]
  /** The subscription continues from the application's own state. */
  | readonly [kind: 'snapshot', event: SnapshotEvent]

/** Receiver of the events of a subscription: a room's handle, or the client itself. */
export interface Receiver {
  /** Cursors over the log that get the events from this receiver. */
  readonly readers?: Iterable<MessageReader>
  /**
   * Returns `true` when the application listens to messages, or to the own event of this kind: `$gap` or
   * `$snapshot`.
   */
  hears(kind: AddressEvent[0]): boolean
  /** Takes an event of the address. */
  receive(...event: AddressEvent): void
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
  /** Position up to which the loop has handled the messages; `null` while there is no loop. */
  readonly handled: Position | null
  /** Takes a live event. */
  receive(...event: AddressEvent): void
  /** The live messages go on after `position`. Those before did not come. */
  skipTo(position: Position): void
  /** Takes no more messages. `error` is that of an end that the application has not asked for. */
  end(error: ChatError | null): void
}

/** Calls the listeners of a message by its name, and those of another event by the name of its kind, as `$gap`. */
export function emitEvent(listeners: Listeners, [kind, event]: AddressEvent): void {
  if (kind === 'message') listeners.emit(event.event, event.data, event)
  else listeners.emit(`$${kind}`, event)
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

  hears(kind: AddressEvent[0]): boolean {
    return !this.#wanted || this.#context.listeners.hears(`$${kind}`)
  }

  receive(...event: AddressEvent): void {
    emitEvent(this.#context.listeners, event)
  }

  joined(): void {}

  left(error: ChatError, address: string): void {
    this.#context.reportError(error, address)
  }
}
