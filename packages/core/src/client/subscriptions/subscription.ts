import type { ChatError } from '../../vocabulary/errors.ts'
import type { Position } from '../../vocabulary/position.ts'
import type { Gap, Message } from '../types.ts'
import type { LogPosition } from './log-position.ts'
import type { SnapshotEvent, SnapshotHook } from './snapshot.ts'
import type { SnapshotRestore } from './snapshot-restore.ts'

/** Who gets what a subscription brings: a room's handle, or the client itself. */
export interface Receiver {
  message(message: Message): void
  gap(gap: Gap): void
  /** The stream goes on from the application's own state. */
  snapshot(snapshot: SnapshotEvent): void
  /** The hub takes it on, at first or again after a reconnect. */
  joined(): void
  /** The hub refuses it, or has ended it. */
  left(error: ChatError, address: string): void
}

/** Shows who is in a room. */
export interface PresenceWatcher {
  /** The client is in the room, on a new connection or a new place; the answer to its `join`, when it was one. */
  entered(answer: unknown): void
  changed(frame: readonly unknown[]): void
  /** The room was left. */
  ended(): void
}

/**
 * One address that this client receives: where it stands, and who listens.
 *
 * @internal
 */
export class Subscription {
  readonly address: string
  readonly inbox: LogPosition
  readonly receivers: Set<Receiver> = new Set()
  /** Whether the hub has taken it on, on the current connection. */
  joined = false
  /** Whether a `join` is on its way: it will be answered, so that no second one is needed. */
  joining = false
  /** What the application gives where there is no place to go on from. */
  readonly hook: SnapshotHook | undefined
  /** While the hook is asked, and until the hub goes on from its answer; meanwhile nothing is delivered. */
  restoration: SnapshotRestore | null = null
  /** The place that the hub was last asked to go on from, on the current connection. */
  asked: Position | null = null

  /** Those who show who is here. */
  readonly watchers: Set<PresenceWatcher> = new Set()
  /** What this client says of itself; `undefined` for nothing. */
  state: unknown
  /** Whether the session has this state at the hub. */
  stated = false

  constructor(address: string, inbox: LogPosition, hook: SnapshotHook | undefined) {
    this.address = address
    this.inbox = inbox
    this.hook = hook
  }

  /** The place to ask the hub to go on from; `null` for none, while there is none yet. */
  get since(): Position | null {
    return this.restoration === null ? this.inbox.position : (this.restoration.offer?.position ?? null)
  }

  /** The connection is gone; the place is kept. */
  suspend(): void {
    this.joined = false
    this.joining = false
    this.asked = null
    this.inbox.detach()
  }

  /** Nobody receives it any more. */
  end(): void {
    this.suspend()
    this.restoration?.end()
    this.restoration = null
    for (const watcher of [...this.watchers]) watcher.ended()
  }
}
