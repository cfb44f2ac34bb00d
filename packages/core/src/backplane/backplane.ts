import type { MaybePromise } from '../runtime/maybe-promise.ts'
import type { Undo } from '../runtime/runtime.ts'
import type { PresenceStore } from './presence-store.ts'

/** How much an accepted message survives: this node, the log's process, or the loss of one of the log's replicas. */
export type Durability = 'node' | 'log' | 'replicated'

/** What a backplane can do, and how much what it has accepted survives. */
export interface BackplaneCapabilities {
  /** The backplane's name, for errors and the capability matrix. */
  readonly name: string
  readonly durability: Durability
  /** No hint is ever lost: a node need not look at the log by itself now and then. */
  readonly reliableHints: boolean
  /** Pages can be read backwards from a place. */
  readonly reverseReads: boolean
  /** For how long a key is known after its last use, in milliseconds. */
  readonly dedupeWindow: number
  /** The largest message it takes, in bytes as JSON. */
  readonly largestPayload: number
}

/** A message as it goes into the log. Values, not bytes: nodes may speak other codecs. */
export interface NewMessage {
  readonly event: string
  readonly data: unknown
  /** The user who sent it; `null` for the hub. */
  readonly from: string | null
  /** The message's own name, the same on every repetition. */
  readonly id: string
}

/** A message on its way into the log, with what the hub knows of it already. */
export interface OutgoingMessage extends NewMessage {
  /** `data` as JSON. What a hint in the same process hands on, no reader has to encode again. */
  readonly json: string
}

/** A message in the log. */
export interface LogEntry extends NewMessage {
  /** Its place in the stream: strictly increasing within an epoch, not necessarily contiguous. */
  readonly at: number
}

/** Tells a repetition from a new message (P-PB-2). */
export interface AppendKey {
  /** The user, and the session; for the hub's own messages no user and the node's id. */
  readonly user: string
  readonly session: string
  /** The sender's number for this operation. */
  readonly ref: number
  /** A hash (≥ 128 bits) of event and data. */
  readonly hash: string
  /** How many refs of this session and stream are remembered. */
  readonly window: number
  /** The node that appends. It tells no repetition from another: it is told to whoever comes later. */
  readonly by: string
}

/** The outcome of an append. */
export type AppendResult =
  | {
      readonly outcome: 'stored' | 'duplicate'
      readonly epoch: string
      readonly at: number
      readonly id: string
      /** The node whose append it was: one that does not know how its own ended learns it from the answer to a repetition. */
      readonly by: string
    }
  /** The ref was used for something else, or is too old to be known. */
  | { readonly outcome: 'conflict' }

/** Which entries to read: those after an offset (oldest first from there), those before one, or the newest. Offsets are exclusive. */
export type LogRange =
  | { readonly after: number; readonly limit: number }
  | { readonly before: number | null; readonly limit: number }

/** A page of a log. An unknown stream has the epoch it would be made with, `base` and `top` 0, no entries. */
export interface LogPage {
  readonly epoch: string
  /** The place of the last entry that is no longer kept; 0 when none was lost. */
  readonly base: number
  /** The id of the entry that stood at `base`, while it is known. */
  readonly baseId: string | null
  /** The place of the last entry of all. */
  readonly top: number
  readonly topId: string | null
  /** Whether anything was ever appended in this epoch. */
  readonly exists: boolean
  /** In the order of the log. */
  readonly entries: readonly LogEntry[]
  /** The id of the entry at `after` itself; `null` when nothing stands there, and for the other ranges. */
  readonly afterId: string | null
  /** The offset of the entry before the first of `entries`; 0 when there is none in this epoch. Pages that read on need not know it. */
  readonly prev: number
  /** Whether there are further entries in the direction of the range. */
  readonly more: boolean
  /** How much lies after `after` in all; an upper bound will do. Zero for the other ranges. */
  readonly behind: { readonly messages: number; readonly bytes: number }
}

/** What a reader is told when something was appended. MAY be lost, doubled or reordered: the log is the truth. */
export interface LogHint {
  readonly epoch: string
  /** The offset before `entry`. */
  readonly prev: number
  readonly entry: LogEntry
  /** {@link OutgoingMessage.json}, where the hint never left the process. */
  readonly json?: string
}

/** What a node knows of a session so that any other node can resume it (P-HS-6). Secrets are hashed. */
export interface SessionRecord {
  readonly id: string
  readonly user: string
  /** The hash of the newest secret. */
  readonly secret: string
}

/** What {@link SessionStore.take} answers. */
export type TakeResult =
  /** Yours, with the greatest ref the session is known to have used. */
  | { readonly outcome: 'taken'; readonly generation: number; readonly lastRef: number }
  /** A right secret with an attempt that is not newer than one before: a delayed `hello`. */
  | { readonly outcome: 'stale' }
  /** No such session, a wrong or dead secret, or another user's: all look the same. */
  | { readonly outcome: 'unknown' }

/** Session records with expiry, shared by all nodes. */
export interface SessionStore {
  /** Keeps a new record for `ttl` milliseconds. Above its capacity the store forgets the records that expire first; of a user who has very many, those before others'. */
  put(record: SessionRecord, ttl: number): MaybePromise<void>
  /**
   * Takes a session over, in one atomic step: `secret` must be the hash of a living secret of this user's session, `attempt` greater than any before with
   * that secret. `next` becomes the newest secret; the one it was exchanged for lives on until {@link SessionStore.confirm} (P-HS-4). The
   * new generation fences the older node.
   */
  take(
    id: string,
    attempt: { user: string; secret: string; n: number; next: string },
    ttl: number,
  ): MaybePromise<TakeResult>
  /** The newest secret has proven to have arrived: the older one dies. */
  confirm(id: string, generation: number): MaybePromise<void>
  /**
   * Keeps the record for another `ttl` from now, unless a newer generation has it. MUST answer `false` for a record that was dropped, at least until it
   * would have expired: so a node learns of it that was not told. Else `true`, also for one that is not there.
   */
  renew(id: string, generation: number, lastRef: number, ttl: number): MaybePromise<boolean>
  /** From now on nobody can take these records: one session's, or all that a user has at this moment, whatever their generation. One atomic step. */
  drop(which: { readonly id: string } | { readonly user: string }): MaybePromise<void>
}

/**
 * Node to node, and the log. Any answer may be a value or a promise of it; every operation MAY fail with `unavailable`, after which its outcome
 * is unknown, and then MUST be repeatable. Names are data: never a key, a pattern or a path of the backplane's own.
 */
export interface Backplane {
  readonly capabilities: BackplaneCapabilities
  readonly sessions: SessionStore
  readonly presence: PresenceStore

  /**
   * Dedupe, append and notify in one atomic step. MUST answer a key it knows with the first answer and store nothing; MUST NOT use an offset twice in an epoch;
   * MUST keep the order of the calls of one key's session and stream.
   */
  append(stream: string, message: OutgoingMessage, key: AppendKey): MaybePromise<AppendResult>
  /** What {@link Backplane.append} would answer to a key it knows; `null` when it does not. Stores nothing. */
  find(stream: string, key: AppendKey): MaybePromise<AppendResult | null>
  /** A page of a log. MUST be consistent in itself. MAY have fewer entries than `limit` only at the end, or where they would exceed 256 KiB. */
  read(stream: string, range: LogRange): MaybePromise<LogPage>
  /** Calls `listener` for what is appended from now on, by any node. */
  tail(stream: string, listener: (hint: LogHint) => void): Undo
  /** Gives the stream a new epoch, if it still has this one: the log has proven to have lost entries. MUST be a compare-and-set. */
  bump(stream: string, epoch: string): MaybePromise<void>

  /** Tells every node that subscribed, this one included. Volatile: MAY be lost, MUST NOT be stored. */
  publish(channel: string, value: unknown): MaybePromise<void>
  /** Calls `listener` with what is published from now on. */
  subscribe(channel: string, listener: (value: unknown) => void): Undo

  /** Calls `listener` after the backplane was out of reach: hints may be missing, the log may have changed. */
  onReconnect(listener: () => void): Undo
  /** Resolves when the backplane answers; rejects when it is out of reach. */
  probe(): MaybePromise<void>
  /** Lets go of connections and timers. What is under way is finished. */
  close(): Promise<void>
}
