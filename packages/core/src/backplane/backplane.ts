import type { MaybePromise } from '../runtime/maybe-promise.ts'
import type { Undo } from '../runtime/runtime.ts'
import type { JsonText } from '../vocabulary/json-text.ts'
import type { Position } from '../vocabulary/position.ts'
import type { PresenceStore } from './presence-store.ts'

/**
 * The failure that an accepted message survives: no failure (`node`), a crash of the hub (`log`), the loss of
 * a replica of the log (`replicated`).
 */
export type Durability = 'node' | 'log' | 'replicated'

/**
 * The reliability of hints. `complete`: none is lost. `connected`: none is lost between two calls of
 * {@link Backplane.onReconnect}. `lossy`: any hint may be lost. Hints may be doubled and reordered in each
 * case.
 */
export type HintReliability = 'complete' | 'connected' | 'lossy'

/** The abilities of a backplane, and the durability of the messages that it has accepted. */
export interface BackplaneCapabilities {
  /** The backplane's name, for errors and the capability matrix. */
  readonly name: string
  /** The failure that an accepted message survives. */
  readonly durability: Durability
  /**
   * The reliability of hints. It decides how often a node compares its positions with the log. A backplane is
   * `connected` only if it tests the way of its hints end to end, because a broken way may look healthy.
   */
  readonly hints: HintReliability
  /** `true` when pages can be read backwards from an offset. */
  readonly reverseReads: boolean
  /** Duration for which a key is known after its message was stored, in milliseconds; or longer. */
  readonly dedupeWindow: number
  /** Maximum size of a message, in bytes: its data and meta as JSON. */
  readonly largestPayload: number
  /** Maximum number of members of a room with presence; `null` when there is no bound. */
  readonly largestRoom: number | null
}

/** A message on its way into the log. */
export interface NewMessage {
  /** The name of the message. */
  readonly event: string
  /** The data of the message. */
  readonly data: JsonText
  /** The meta of the message, an object; `null` for a message without meta (P-MT-3). */
  readonly meta: JsonText | null
  /** The id of the user who sent it; `null` for the hub. */
  readonly from: string | null
  /** The id of the message, the same on every repetition. */
  readonly id: string
  /**
   * On the last message of a stream: time after which its log is forgotten as a whole, in milliseconds (P-SM-10).
   * Absent on every other message. It is not kept with the message.
   */
  readonly keep?: number | undefined
  /**
   * The payer of the message, where that is not the user: a log that is full makes room by payers. It is not kept
   * with the message.
   */
  readonly payer?: string | undefined
}

/** A message in the log. */
export interface LogEntry extends NewMessage {
  /** The offset in the log: strictly increasing within an epoch, not necessarily contiguous. */
  readonly at: number
  /**
   * The time at which the log took the message, in milliseconds since 1970, by the clock of the log where it
   * has one (P-MT-1). It SHOULD NOT go back within a log.
   */
  readonly time: number
}

/** The key that tells a repetition from a new message (P-PB-2). */
export interface AppendKey {
  /** The id of the user; empty for the hub's own messages. */
  readonly user: string
  /** The id of the session; the id of the node for the hub's own messages. */
  readonly session: string
  /** The sender's number for this operation. */
  readonly ref: number
  /**
   * The ref of an earlier append with this session and log whose answer is still open. While the log does not
   * know that ref, it MUST answer `early` and store nothing: a client of a cluster may change the order of
   * calls. Absent when no append is open.
   */
  readonly previousRef?: number | undefined
  /** A hash of event and data, of at least 128 bits. */
  readonly hash: string
  /** Number of refs that are remembered for this session and log, at least. */
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
      /** The time at which the log took the message ({@link LogEntry.time}). */
      readonly time: number
      /**
       * The node that appended it first. A node that does not know the outcome of its own append learns it
       * from a repetition.
       */
      readonly by: string
    }
  /** The ref was used for another message, or is too old to be known. */
  | { readonly outcome: 'conflict' }
  /** The ref of {@link AppendKey.previousRef} is not known yet. No message was stored. */
  | { readonly outcome: 'early' }
  /** The log does not end at the expected position. No message was stored. */
  | {
      readonly outcome: 'overtaken'
      /** The epoch of the log. */
      readonly epoch: string
      /** The offset of the newest entry; 0 when the epoch has no entries. */
      readonly at: number
      /** The id of the newest entry; `null` when the epoch has no entries. */
      readonly id: string | null
      /** The event of the newest entry; `null` when the log has no longer that entry. */
      readonly event: string | null
    }

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
}

/** The place at which a log stands, as {@link Backplane.heads} answers it. */
export interface LogHead {
  /** The epoch of the log. */
  readonly epoch: string
  /** The offset of the newest entry; 0 in an empty epoch. */
  readonly top: number
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

/** The use of a session that has ended: `silent` for a session whose client never wrote a frame after the welcome. */
export type EndedSession = 'silent' | 'used'

/** The outcome of {@link SessionStore.take}. */
export type TakeResult =
  /**
   * The session is taken over. `lastRef` is the greatest ref that it is known to have used; `node` is the
   * node that held it before. `null` when that is unknown, and after a taking that was not confirmed: that
   * node may never have learned that it holds the session, so the node before it may still have it.
   */
  | {
      readonly outcome: 'taken'
      readonly generation: number
      readonly lastRef: number
      readonly node: string | null
    }
  /** The secret is right, but the attempt is not newer than an earlier attempt: a delayed `hello`. */
  | { readonly outcome: 'stale' }
  /** No such session, a wrong or invalid secret, or the session of another user: all look the same. */
  | { readonly outcome: 'unknown' }

/** The attempt of a client to resume its session. */
export interface TakeAttempt {
  /** The id of the user. */
  readonly user: string
  /** The hash of the secret that the client gives. */
  readonly secret: string
  /** The number of the attempt with this secret. */
  readonly n: number
  /** The hash of the secret that becomes the newest. */
  readonly next: string
  /** The node that holds the session from now on. */
  readonly node: string
}

/** Session records with expiry, shared by all nodes. */
export interface SessionStore {
  /**
   * Keeps a new record, held by `node`, for `ttl` milliseconds. The session counts as connected until a
   * {@link SessionStore.renew} names its end.
   *
   * A store with a capacity forgets records above it: those of `silent` sessions first, then those of `used`
   * sessions, and within each group those that ended first. Records of connected sessions come last, if they
   * are forgotten at all. Records of a user with very many go before those of other users.
   */
  put(record: SessionRecord, node: string, ttl: number): MaybePromise<void>
  /**
   * Takes a session over, in one atomic step. `secret` must be the hash of a valid secret of this user's
   * session, and `n` greater than in any earlier attempt with that secret. `next` becomes the newest secret;
   * the secret that it was exchanged for stays valid until {@link SessionStore.confirm} (P-HS-4). The new
   * generation fences the older node.
   */
  take(id: string, attempt: TakeAttempt, ttl: number): MaybePromise<TakeResult>
  /** Makes the older secret invalid: the newest has proven to have arrived. */
  confirm(id: string, generation: number): MaybePromise<void>
  /**
   * Keeps the record for another `ttl` milliseconds from now, unless a newer generation has it. MUST answer
   * `false` for a dropped record, at least until it would have expired, so that a node learns of a drop whose
   * notice was lost. Else answers `true`, also for a record that the store does not have.
   *
   * `ended` is set when the session's connection has ended. A store without a capacity ignores it.
   */
  renew(
    session: { readonly id: string; readonly user: string; readonly ended?: EndedSession | undefined },
    generation: number,
    lastRef: number,
    ttl: number,
  ): MaybePromise<boolean>
  /**
   * Returns the user and the node of a record that can still be taken; `null` when there is none. `node` is
   * `null` when it is unknown.
   */
  find(id: string): MaybePromise<{ readonly user: string; readonly node: string | null } | null>
  /**
   * Makes records impossible to take, from now on: the record of a session, or all records that a user has at
   * this moment, whatever their generation. Records that are put later are not affected.
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
   * answer, and not store it again; MUST NOT use an offset twice in an epoch. A key counts as known for at
   * least {@link BackplaneCapabilities.dedupeWindow} after its message was stored. Calls whose key has no
   * `previousRef` MAY reach the log in any order: a hub makes no such call while another of the same session
   * and log is open.
   *
   * The log of an address that starts with `^` is a stream. It is never trimmed: its messages MUST be kept
   * together, or be forgotten together. That happens {@link NewMessage.keep} after its last message; without such
   * a message, when nothing was stored in it for the age of the log; and when all logs together are too large,
   * streams with a last message first (P-SM-10). It SHOULD have an epoch of its own.
   *
   * With `expected` the log stores the message only if its newest entry is at that position (`null`: the log
   * has no entries in its epoch), and else answers `overtaken`. A known key is answered first.
   */
  append(
    stream: string,
    message: NewMessage,
    key: AppendKey,
    expected?: Position | null,
  ): MaybePromise<AppendResult>
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
  /**
   * Returns the places of logs, in the order of `streams`: for the check that no hint was lost. Keeps the
   * named logs, and their epochs, from being forgotten while they are asked for at least every
   * 5 minutes.
   */
  heads(streams: readonly string[]): MaybePromise<readonly LogHead[]>
  /**
   * Calls `listener` for each append from now on, by any node. MUST tell of every entry that is appended
   * after a {@link Backplane.read} of the same log which was called after this method has returned: that read
   * waits until the way of the hints is open. Only a loss of the connection, after which
   * {@link Backplane.onReconnect} calls its listeners, or `lossy` hints break this.
   */
  tail(stream: string, listener: (hint: LogHint) => void): Undo
  /**
   * Gives a log that has lost entries a new epoch, if it still has the given epoch. MUST be a
   * compare-and-set.
   */
  bump(stream: string, epoch: string): MaybePromise<void>
  /**
   * Empties an entry, which keeps its place, id, time and sender: its event becomes `$redacted`, its data
   * `null`, and it has no meta. Answers `false` when the log does not have the entry.
   */
  redact(stream: string, position: Position): MaybePromise<boolean>

  /**
   * Sends a text to every node that subscribed, this node included. Volatile: MAY be lost, MUST NOT be
   * stored. It is done when the text is handed over, not when it has arrived.
   */
  publish(channel: string, text: string): MaybePromise<void>
  /** Calls `listener` with each text that is published from now on. */
  subscribe(channel: string, listener: (text: string) => void): Undo

  /**
   * Calls `listener` after the backplane was out of reach: hints may be missing, the log may have changed.
   * By then operations are possible again, and every {@link Backplane.tail} and
   * {@link Backplane.subscribe} is in effect again.
   */
  onReconnect(listener: () => void): Undo
  /**
   * Calls `listener` with each error of a function that the application has given to the backplane, such as
   * an observer, and with the address of the log. Left out by backplanes that call no such function.
   */
  onError?(listener: (error: unknown, address: string) => void): Undo
  /** Resolves when the backplane answers; rejects when it is out of reach. */
  probe(): MaybePromise<void>
  /** Closes connections and timers after the operations under way are finished. */
  close(): Promise<void>
}
