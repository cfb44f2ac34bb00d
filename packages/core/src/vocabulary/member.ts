/** A session in a room. */
export interface PresenceMember<State = unknown> {
  readonly session: string
  readonly user: string
  /** What it says of itself; `null` for nothing. */
  readonly state: State
}
