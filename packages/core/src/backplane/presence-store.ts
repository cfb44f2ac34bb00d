import type { MaybePromise } from '../runtime/maybe-promise.ts'
import type { Undo } from '../runtime/runtime.ts'
import type { JsonText } from '../vocabulary/json-text.ts'

/** A session that is present in a room, as every node sees it. */
export interface PresentSession {
  /** The public id of the session. */
  readonly session: string
  /** The id of its user. */
  readonly user: string
  /** The state that it shows to the room. */
  readonly state: JsonText
  /** Counts the connections of the session. Of two records the record with the greater generation holds. */
  readonly generation: number
  /** The node that keeps it present. */
  readonly node: string
}

/** A session about to be present. Without a `state` it keeps its former state in this room, or has `null`. */
export type EnteringSession = Omit<PresentSession, 'state'> & { readonly state?: JsonText | undefined }

/** The duration for which a node keeps its sessions present. */
export interface PresenceLease {
  /** Duration in milliseconds from now, unless the lease is renewed. */
  readonly ttl: number
  /**
   * Duration in milliseconds, after the end of the lease, for which the states of its sessions are
   * remembered.
   */
  readonly keep: number
}

/** A state of a room's presence. */
export interface PresenceRevision {
  /** Changes when the store has lost its records. */
  readonly epoch: string
  /** Grows with every change within an epoch, not necessarily by 1, also if the room was empty meanwhile. */
  readonly revision: number
}

/** The members of a room. */
export interface PresencePage extends PresenceRevision {
  /** The records of its sessions, in no particular order. */
  readonly members: readonly PresentSession[]
}

/**
 * The notice of a change in a room. MAY be lost, doubled or reordered: {@link PresenceStore.members} is the
 * truth.
 */
export interface PresenceHint extends PresenceRevision {
  /** The revision before. */
  readonly prev: number
  /** The record of each session that has changed; `null` for a session that has left. */
  readonly changes: readonly { readonly session: string; readonly member: PresentSession | null }[]
}

/**
 * The members of rooms, shared by all nodes. A session is present until it leaves, and while its node renews
 * its lease. Rooms and sessions are data, never a key or a pattern. Calls of one node on one room MUST take
 * effect in their order.
 */
export interface PresenceStore {
  /**
   * Renews the lease of a node, also with an earlier end; a `ttl` of 0 ends it at once. When a lease runs out,
   * all its sessions have left: a room that is looked at MUST show it so, and the watchers of other rooms are
   * notified within the duration of one more lease.
   */
  lease(node: string, lease: PresenceLease): MaybePromise<void>
  /**
   * Makes sessions present, or changes their states, in one atomic step. Each session is named once. MUST
   * ignore a session whose `generation` is below the known generation, and MUST NOT make a change if the
   * record stays the same. MAY renew the lease of their node, too, and MUST give a node without a lease one.
   * Answers the records as they are now, in the order of the request.
   */
  enter(room: string, sessions: readonly EnteringSession[], lease: PresenceLease): MaybePromise<PresencePage>
  /**
   * Removes a session, unless a newer generation of it is known. Its state is remembered for `keep`
   * milliseconds, in case it comes back; with 0 a remembered state is forgotten.
   */
  leave(room: string, session: string, generation: number, keep: number): MaybePromise<PresenceRevision>
  /** Reads the members of a room; `null` if the revision is still `known`. MUST be consistent in itself. */
  members(room: string, known: PresenceRevision | null): MaybePromise<PresencePage | null>
  /** Calls `listener` with each change from now on, by any node. */
  watch(room: string, listener: (hint: PresenceHint) => void): Undo
}
