import type { Undo } from '../runtime/runtime.ts'
import type { ChatError } from '../vocabulary/errors.ts'
import type { Meta } from '../vocabulary/meta.ts'
import type { Position } from '../vocabulary/position.ts'

/** Message of an outbox, as its storage has it: plain data, without a token or a secret. */
export interface OutboxEntry {
  /** Name of the message in the outbox, unique among all pages. */
  readonly key: string
  /** List that has the message: {@link OutboxStorage.page}, `/` and a number. */
  readonly page: string
  /** Time of day at which the application sent it, in milliseconds since 1970. */
  readonly time: number
  /** Address, event, data and meta, as JSON text. */
  readonly body: string
  /** Id that the log gives the message, `<session>.<ref>`; `null` when no page has written it. */
  readonly id: string | null
  /** Position of its log when the message was written; `null` when it is not known. */
  readonly since: Position | null
}

/**
 * Storage of an outbox: a seam. An implementation stores a list of entries for each user, and knows which pages are
 * open. Give it to {@link openOutbox}.
 */
export interface OutboxStorage {
  /** Name of this page, which no other page has; without a `/`. */
  readonly page: string
  /**
   * Replaces the entries of a user by the result of `change`, in one atomic step over all pages. `change` is called
   * once with the entries that are stored. Rejects when `change` throws, or the storage is full, blocked, absent, or
   * has entries of a version that it does not know; then it stores nothing.
   */
  update(user: string, change: (entries: readonly OutboxEntry[]) => readonly OutboxEntry[]): Promise<unknown>
  /** Resolves with `true` when a page is closed for certain, or when the platform cannot tell. */
  isClosed(page: string): Promise<boolean>
  /** Gives up the name of this page: its messages are for other pages. Called when the client has ended. */
  close(): void
}

/** Options of an outbox. */
export interface OutboxOptions {
  /**
   * User of this page, as the hub's `authenticate` names it. With it, messages are kept already before the first
   * connection; when the hub knows the client as another user, they are rejected as `unauthorized`, and stay
   * for their user. Default: the outbox begins with the first connection.
   */
  readonly user?: string | undefined
  /** Maximum number of messages that the outbox keeps; a further send is rejected as `full`. Default: 200. */
  readonly max?: number | undefined
  /** Maximum size of the messages that the outbox keeps, in bytes; a further send is rejected as `full`. Default: 262 144. */
  readonly maxBytes?: number | undefined
  /**
   * Time after which a message of an earlier page is dropped instead of sent, in milliseconds. `$error` tells of it,
   * with the subject `outbox`. Default: 604 800 000, a week.
   */
  readonly maxAge?: number | undefined
}

/**
 * State of a message in an outbox. `waiting`: not written. `written`: the log may have it, its answer is not here.
 * `uncertain`: the log does not have it, and may still get it. `refused`: the hub refused it; not kept for the next
 * page.
 */
export type OutboxState = 'waiting' | 'written' | 'uncertain' | 'refused'

/** Message of an outbox. */
export interface OutboxItem {
  /** Name of the message in the outbox, the same in all pages. */
  readonly key: string
  /** Destination of the message. */
  readonly address: string
  /** Name of the message's event. */
  readonly event: string
  /** Data of the message, as JSON carries it. */
  readonly data: unknown
  /** Meta of the message; `null` for none. */
  readonly meta: Meta | null
  /** Id of the message in the log; `null` when no page has written it. */
  readonly id: string | null
  /** Time of day at which the application sent it, in milliseconds since 1970. */
  readonly time: number
  /** State of the message. */
  readonly state: OutboxState
  /** Error of a message that is uncertain or refused; `null` otherwise. */
  readonly error: ChatError | null
  /** `true` when an earlier page sent the message: no promise of this page tells of it. */
  readonly earlier: boolean
}

/** Messages that wait to be stored, across the pages of a user. For the option `outbox` of a client. */
export interface Outbox {
  /** Messages of this page and of earlier pages, the oldest first. The same array while nothing has changed. */
  readonly items: readonly OutboxItem[]
  /**
   * Calls `listener` after each change of {@link Outbox.items}. An error that it throws is in the client's `$error`.
   * Returns the function that removes the listener.
   */
  subscribe(listener: () => void): Undo
  /**
   * Asks the log for an uncertain message, and sends the message again when it is not there, with the id of the first
   * attempt as `again` in its meta: both attempts may be stored. Sends a refused message again. Does nothing for
   * other messages.
   */
  retry(key: string): void
  /** Drops a message. The promise of a send of this page is rejected as `cancelled`, or as uncertain when it was written. */
  discard(key: string): void
  /** Attaches the outbox to a client. Only the client knows the types. */
  readonly open: (client: never) => object
}
