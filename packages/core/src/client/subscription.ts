import type { ChatError } from '../errors.ts'
import type { Position } from '../position.ts'
import type { Gap, Message } from './events.ts'
import { Inbox } from './inbox.ts'

/** Who gets what a subscription brings: a room's handle, or the client itself. */
export interface Receiver {
  message(message: Message): void
  gap(gap: Gap): void
  /** The hub takes it on, at first or again after a reconnect. */
  joined(): void
  /** The hub refuses it, or has ended it. */
  left(error: ChatError, address: string): void
}

/**
 * One address that this client receives: where it stands, and who listens.
 *
 * @internal
 */
export class Subscription {
  readonly address: string
  readonly inbox: Inbox
  readonly receivers: Set<Receiver> = new Set()
  /** Whether the hub has taken it on, on the current connection. */
  joined = false
  /** Whether a `join` is on its way: it will be answered, so that no second one is needed. */
  joining = false

  constructor(address: string, position: Position | null) {
    this.address = address
    this.inbox = new Inbox(position)
  }

  /** The connection is gone; the place is kept. */
  suspend(): void {
    this.joined = false
    this.joining = false
    this.inbox.detach()
  }
}
