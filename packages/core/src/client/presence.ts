import type { PresenceMember } from '../vocabulary/member.ts'

/** Change of the members of a room. */
export interface PresenceChange<State = unknown, Shown = State> {
  /** Address of the room. */
  readonly address: string
  /** Members after the change. */
  readonly presence: Presence<State, Shown>
  /** Members that have joined, or have a new state. */
  readonly joined: readonly PresenceMember<State>[]
  /** Members that have left. */
  readonly left: readonly PresenceMember<State>[]
}

/**
 * Members of a room, as {@link watchPresence} shows them. The list does not change while the client is
 * disconnected, and becomes empty when the room is left. `State` is the state of a member, and `Shown` the state that
 * this client gives.
 */
export interface Presence<State = unknown, Shown = State> {
  /**
   * Members by session, in a map that is replaced when a member changes and is the same until then. When the
   * hub only counts the room, the map holds some earlier members.
   */
  readonly members: ReadonlyMap<string, PresenceMember<State>>
  /**
   * Members by user: a user with several devices has one entry. The same map while no member has changed.
   */
  readonly users: ReadonlyMap<string, readonly PresenceMember<State>[]>
  /** Number of sessions in the room, also when the hub only counts them. */
  readonly count: number
  /**
   * Changes this client's own state for all members. The client sends the state again in later sessions. When
   * the hub refuses the state, the error is the client's `$error`.
   *
   * @throws UsageError when the application has left the handle of the room.
   * @throws ChatError `too_large` when the state is larger than a frame may be, `bad_payload` when JSON does not
   * carry it, or the contract does not accept it.
   */
  set(state: Shown): void
  /** `true` once the watch has ended: by `close()`, or because the room was left. From the start, when that was before. */
  readonly closed: boolean
  /** Ends the watch. */
  close(): void
}
