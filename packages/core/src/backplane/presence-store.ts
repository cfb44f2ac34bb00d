import type { MaybePromise } from '../runtime/maybe-promise.ts'
import type { Undo } from '../runtime/runtime.ts'

/** A session in a room, as every node sees it. */
export interface PresentSession {
  readonly session: string
  readonly user: string
  /** What it says of itself. */
  readonly state: unknown
  /** Counts the connections of the session: of two records the one with the greater holds. */
  readonly generation: number
  /** The node that answers for it. */
  readonly node: string
}

/** A session about to be present. Without a `state` it has the one it had, in this room, or `null`. */
export type EnteringSession = Omit<PresentSession, 'state'> & { readonly state?: unknown }

/** For how long a node answers for its sessions. */
export interface PresenceLease {
  /** In milliseconds from now on, unless it is renewed. */
  readonly ttl: number
  /** When it has run out, the states of those who were there are remembered for so many milliseconds, should they come back. */
  readonly keep: number
}

/** A state of a room's presence. Revisions of an epoch grow with every change, not necessarily by one, also when a room has been empty meanwhile. */
export interface PresenceRevision {
  readonly epoch: string
  readonly revision: number
}

/** Who is in a room. */
export interface PresencePage extends PresenceRevision {
  readonly members: readonly PresentSession[]
}

/** What has changed in a room. MAY be lost, doubled or reordered: {@link PresenceStore.members} is the truth. */
export interface PresenceHint extends PresenceRevision {
  /** The revision before. */
  readonly prev: number
  /** The record of each session that has changed; `null` for one that has left. */
  readonly changes: readonly { readonly session: string; readonly member: PresentSession | null }[]
}

/**
 * Who is in which room, shared by all nodes. A session is present while the node that answers for it renews its lease, and until it leaves; rooms and
 * sessions are data, never a key or a pattern.
 */
export interface PresenceStore {
  /**
   * Renews the lease of a node, also when it ends sooner than it did. When it runs out, everyone it answers for has left: whichever
   * node looks next MUST find it so, and the others hear of it by then.
   */
  lease(node: string, lease: PresenceLease): MaybePromise<void>
  /**
   * Sessions, each named once, are present or have another state, in one atomic step. MUST ignore one whose `generation` is below the known one, and MUST NOT make a change
   * where nothing is different. Renews the lease of their node, too. Answers the records as they are now, in the order of the request.
   */
  enter(room: string, sessions: readonly EnteringSession[], lease: PresenceLease): MaybePromise<PresencePage>
  /**
   * A session has left, unless a newer generation of it is known. Its state is remembered for `keep` milliseconds, should it come back; with 0 one that was
   * remembered is forgotten.
   */
  leave(room: string, session: string, generation: number, keep: number): MaybePromise<PresenceRevision>
  /** Who is in a room; `null` when that is still `known`. MUST be consistent in itself. */
  members(room: string, known: PresenceRevision | null): MaybePromise<PresencePage | null>
  /** Calls `listener` with what changes from now on, by any node. */
  watch(room: string, listener: (hint: PresenceHint) => void): Undo
}
