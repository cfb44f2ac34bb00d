import type { MaybePromise } from '../runtime/maybe-promise.ts'
import type { Undo } from '../runtime/runtime.ts'
import type { PresenceStore } from './presence-store.ts'

/**
 * The failure that an accepted message survives: no failure (`node`), a crash of the hub (`log`), the loss of
 * a replica of the log (`replicated`).
 */
export type Durability = 'node' | 'log' | 'replicated'

/** The abilities of a backplane, and the durability of the messages that it has accepted. */
export interface BackplaneCapabilities {
  /** The backplane's name, for errors and the capability matrix. */
  readonly name: string
  /** The failure that an accepted message survives. */
  readonly durability: Durability
  /** `true` when no hint is ever lost: then a node need not read the log now and then. */
  readonly reliableHints: boolean
  /** `true` when pages can be read backwards from an offset. */
  readonly reverseReads: boolean
  /** Duration for which a key is known after its last use, in milliseconds. */
  readonly dedupeWindow: number
  /** Maximum size of a message, in bytes as JSON. */
  readonly largestPayload: number
}

/**
 * A message on its way into the log. Its data is a value, not bytes, because nodes may speak other codecs.
 */
export interface NewMessage {
  /** The name of the message. */
  readonly event: string
  /** The data of the message, a value that JSON carries. */
  readonly data: unknown
  /** The id of the user who sent it; `null` for the hub. */
  readonly from: string | null
  /** The id of the message, the same on every repetition. */
  readonly id: string
}

/** A message on its way into the log, with the encoding that the hub has made already. */
export interface OutgoingMessage extends NewMessage {
  /** `data` as JSON. A hint in the same process hands it on, so no reader encodes it again. */
  readonly json: string
}

/** A message in the log. */
export interface LogEntry extends NewMessage {
  /** The offset in the log: strictly increasing within an epoch, not necessarily contiguous. */
  readonly at: number
}

/** The key that tells a repetition from a new message (P-PB-2). */
export interface AppendKey {
  /** The id of the user; empty for the hub's own messages. */
  readonly user: string
  /** The id of the session; the id of the node for the hub's own messages. */
  readonly session: string
  /** The sender's number for this operation. */
  readonly ref: number
  /** A hash of event and data, of at least 128 bits. */
  readonly hash: string
  /** Number of refs that are remembered for this session and log. */
  readonly window: number
  /** The node that appends. It is not part of the comparison; the answer to a repetition names it. */
  readonly by: string
}

/** The outcome of an append. */
export type AppendResult =
  | {
      readonly outcome: 'stored' | 'duplicate'
      /** The epoch of the log. */
      readonly epoch: string
      /** The offset of the message. */
      readonly at: number
      /** The id of the message. */
      readonly id: string
      /**
       * The node that appended it first. A node that does not know the outcome of its own append learns it
       * from a repetition.
       */
      readonly by: string
    }
  /** The ref was used for another message, or is too old to be known. */
  | { readonly outcome: 'conflict' }

/**
 * The entries to read: those after an offset, those before an offset, or the newest (`before: null`). Offsets
 * are exclusive.
 */
export type LogRange =
  | { readonly after: number; readonly limit: number }
  | { readonly before: number | null; readonly limit: number }

/**
 * A page of a log. An unknown log has the epoch with which it would be made, `base` and `top` 0, and no
 * entries.
 */
export interface LogPage {
  /** The epoch of the log. */
  readonly epoch: string
  /** The offset of the last entry that is no longer kept; 0 when all are kept. */
  readonly base: number
  /** The id of the entry that stood at `base`, while it is known. */
  readonly baseId: string | null
  /** The offset of the newest entry. */
  readonly top: number
  /** The id of the newest entry; `null` in an empty epoch. */
  readonly topId: string | null
  /** `true` once a message was appended in this epoch. */
  readonly exists: boolean
  /** The entries, in the order of the log. */
  readonly entries: readonly LogEntry[]
  /**
   * The id of the entry at `after` itself; `null` when the log has no entry there, and for the other ranges.
   */
  readonly afterId: string | null
  /**
   * The offset of the entry before the first of `entries`; 0 at the start of the epoch. MAY be wrong in a
   * page after an offset.
   */
  readonly prev: number
  /** `true` when the log has further entries in the direction of the range. */
  readonly more: boolean
  /** The messages and bytes after `after` in all, or an upper bound. Zero for the other ranges. */
  readonly behind: { readonly messages: number; readonly bytes: number }
}

/** The notice of an append. MAY be lost, doubled or reordered: the log is the truth. */
export interface LogHint {
  /** The epoch of the log. */
  readonly epoch: string
  /** The offset before `entry`. */
  readonly prev: number
  /** The entry that was appended. */
  readonly entry: LogEntry
  /** {@link OutgoingMessage.json}, if the hint never left the process. */
  readonly json?: string
}

/** The record of a session, with which any node can resume it (P-HS-6). Secrets are hashed. */
export interface SessionRecord {
  /** The public id of the session. */
  readonly id: string
  /** The id of its user. */
  readonly user: string
  /** The hash of the newest secret. */
  readonly secret: string
}

/** The outcome of {@link SessionStore.take}. */
export type TakeResult =
  /** The session is taken over. `lastRef` is the greatest ref that it is known to have used. */
  | { readonly outcome: 'taken'; readonly generation: number; readonly lastRef: number }
  /** The secret is right, but the attempt is not newer than an earlier attempt: a delayed `hello`. */
  | { readonly outcome: 'stale' }
  /** No such session, a wrong or invalid secret, or the session of another user: all look the same. */
  | { readonly outcome: 'unknown' }

/** Session records with expiry, shared by all nodes. */
export interface SessionStore {
  /**
   * Keeps a new record for `ttl` milliseconds. Above its capacity the store forgets the records that expire
   * first, and those of a user with very many records before those of other users.
   */
  put(record: SessionRecord, ttl: number): MaybePromise<void>
  /**
   * Takes a session over, in one atomic step. `secret` must be the hash of a valid secret of this user's
   * session, and `n` greater than in any earlier attempt with that secret. `next` becomes the newest secret;
   * the secret that it was exchanged for stays valid until {@link SessionStore.confirm} (P-HS-4). The new
   * generation fences the older node.
   */
  take(
    id: string,
    attempt: { user: string; secret: string; n: number; next: string },
    ttl: number,
  ): MaybePromise<TakeResult>
  /** Makes the older secret invalid: the newest has proven to have arrived. */
  confirm(id: string, generation: number): MaybePromise<void>
  /**
   * Keeps the record for another `ttl` milliseconds from now, unless a newer generation has it. MUST answer
   * `false` for a dropped record, at least until it would have expired, so that a node learns of a drop whose
   * notice was lost. Else answers `true`, also for a record that the store does not have.
   */
  renew(id: string, generation: number, lastRef: number, ttl: number): MaybePromise<boolean>
  /**
   * Makes records impossible to take, in one atomic step: the record of a session, or all records that a user
   * has at this moment, whatever their generation.
   */
  drop(which: { readonly id: string } | { readonly user: string }): MaybePromise<void>
}

/**
 * The seam between nodes, and the log. Any answer may be a value or a promise of it. Every operation MAY fail
 * with `unavailable`, after which its outcome is unknown, and then MUST be repeatable. Names are data: never
 * a key, a pattern or a path of the backplane's own.
 */
export interface Backplane {
  /** The abilities of this backplane. */
  readonly capabilities: BackplaneCapabilities
  /** The records of sessions. */
  readonly sessions: SessionStore
  /** The members of rooms. */
  readonly presence: PresenceStore

  /**
   * Recognises a repetition, appends and notifies, in one atomic step. MUST answer a known key with the first
   * answer, and not store it again; MUST NOT use an offset twice in an epoch; MUST keep the order of the
   * calls of the same session and log.
   */
  append(stream: string, message: OutgoingMessage, key: AppendKey): MaybePromise<AppendResult>
  /**
   * Returns the answer of {@link Backplane.append} to a known key; `null` for an unknown key. Stores no
   * message.
   */
  find(stream: string, key: AppendKey): MaybePromise<AppendResult | null>
  /**
   * Reads a page of a log. MUST be consistent in itself. MAY have fewer entries than `limit` only at the end,
   * or if they would exceed 256 KiB.
   */
  read(stream: string, range: LogRange): MaybePromise<LogPage>
  /** Calls `listener` for each append from now on, by any node. */
  tail(stream: string, listener: (hint: LogHint) => void): Undo
  /**
   * Gives a log that has lost entries a new epoch, if it still has the given epoch. MUST be a
   * compare-and-set.
   */
  bump(stream: string, epoch: string): MaybePromise<void>

  /**
   * Sends a value to every node that subscribed, this node included. Volatile: MAY be lost, MUST NOT be
   * stored.
   */
  publish(channel: string, value: unknown): MaybePromise<void>
  /** Calls `listener` with each value that is published from now on. */
  subscribe(channel: string, listener: (value: unknown) => void): Undo

  /**
   * Calls `listener` after the backplane was out of reach: hints may be missing, the log may have changed.
   */
  onReconnect(listener: () => void): Undo
  /** Resolves when the backplane answers; rejects when it is out of reach. */
  probe(): MaybePromise<void>
  /** Closes connections and timers after the operations under way are finished. */
  close(): Promise<void>
}
