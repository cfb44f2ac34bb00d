/** A session that is present in a room. */
export interface PresenceMember<State = unknown> {
  /** The public id of the session. */
  readonly session: string
  /** The id of its user. */
  readonly user: string
  /** The state that the session shows to the room, such as a name; `null` by default. */
  readonly state: State
}
